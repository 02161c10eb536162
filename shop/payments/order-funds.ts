import type { Aggregates, Extra } from "@daybook/data/cqrs/aggregates";
import { contention } from "@daybook/data/cqrs/errors";
import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Store } from "@daybook/data/store";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import { add, type Money } from "@daybook/kernel/money";
import type { Account, AccountCommand } from "./account.ts";

/** What the orders of one customer need, who pays them from one account. */
export interface OrderFunds {
  readonly accountId: string;
  readonly ownerId: string;
  readonly orders: readonly { readonly orderId: string; readonly amount: Money }[];
  readonly reason: string;
}

const TRIES = 5;

/**
 * Notes that a customer has paid in what orders need, once for each order, in one posting for those that are new; the account
 * is opened when it is not there. Answers why not.
 */
export async function fundOrders(
  store: Store,
  accounts: Pick<Aggregates<Account, AccountCommand>, "execute">,
  { accountId, ownerId: owner, orders, reason }: OrderFunds,
  context: Context,
): Promise<Refusal | undefined> {
  let left = orders.filter(({ amount }) => amount.minor !== "0");
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const [first, ...more] = left;
    if (!first) return undefined;
    const amount = more.reduce((sum, each) => add(sum, each.amount), first.amount);
    const command = { type: "fund", accountId, owner, amount, reason } as const;
    const refusal = await executed(accounts, command, onceEach(left.map(({ orderId }) => orderId)), context);
    if (refusal !== FUNDED) return refusal;
    const isFunded = await Promise.all(left.map(async ({ orderId }) => (await store.getKey(keyOf(orderId))) !== undefined));
    left = left.filter((_, at) => !isFunded[at]);
  }
  throw contention(`others fund the same orders of ${accountId} all the time`);
}

async function executed(
  accounts: Pick<Aggregates<Account, AccountCommand>, "execute">,
  command: AccountCommand & { type: "fund" },
  extra: Extra,
  context: Context,
): Promise<Refusal | undefined> {
  const done = await accounts.execute(command.accountId, command, { context, extra: () => extra, render: (outcome) => outcome });
  assert(done.kind === "answered", "neither a key nor a version was given");
  return done.answer.kind === "refused" ? done.answer.refusal : undefined;
}

const FUNDED: Refusal = { code: "order-funded", message: "One of the orders was funded before." };

/** For ever: an import may be run again at any time. */
function onceEach(orderIds: readonly string[]): Extra {
  return {
    guards: orderIds.map((orderId) => ({ condition: { kind: "keyAbsent", key: keyOf(orderId) }, refusal: FUNDED })),
    effects: orderIds.map((orderId) => ({ kind: "putKey", key: keyOf(orderId), value: "1" })),
  };
}

function keyOf(orderId: string): string {
  return `funded/${orderId}`;
}
