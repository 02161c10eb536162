import type { Executed } from "@daybook/data/cqrs/aggregates";
import { answerCondition, answerEffect, earlierAnswer, type IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { Answer } from "@daybook/network/rpc/contract";
import type { Stock } from "./contract.ts";
import type { Decided, StockKeeper } from "./stock-keeper.ts";
import type { StockCommand } from "./stock.ts";

/** What people do to stock. */
export type ByHand = Extract<StockCommand, { type: "receive" | "write-off" }>;

export interface MoveOptions<Rendered> {
  readonly context: Context;
  readonly idempotency?: IdempotentRequest | undefined;
  /** Pure; plain data under a key. */
  readonly render: (moved: Answer<Stock>) => Rendered;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly keeper: StockKeeper;
}

/** Moves one product's stock; under a key once, with the answer kept in the unit that moves it, or refuses to. */
export async function movedByHand<Rendered>(
  { store, clock, keeper }: Parts,
  productId: string,
  command: ByHand,
  { context, idempotency, render }: MoveOptions<Rendered>,
): Promise<Executed<Rendered>> {
  const rendered: { answer?: { readonly is: Rendered } } = {};
  const kept = (decided: Decided) => {
    const answer = render(answerOf(decided, productId));
    rendered.answer = { is: answer };
    return idempotency ? [answerEffect(idempotency, JSON.stringify(answer), clock.now())] : [];
  };
  const replay = async () => (idempotency ? replayed(store, idempotency) : undefined) as Promise<Executed<Rendered> | undefined>; // kept below
  const earlier = await replay();
  if (earlier) return earlier;
  const conditions = idempotency ? [answerCondition(idempotency)] : [];
  const moved = await keeper.move({ context, commands: new Map([[productId, command]]), conditions, kept });
  if (moved === "conditions") {
    const first = await replay();
    assert(first, "there is no other condition than that the answer is the first");
    return first;
  }
  const { position } = await store.head();
  assert(rendered.answer, "what was committed was rendered");
  return { kind: "answered", answer: rendered.answer.is, isReplayed: false, position };
}

function answerOf(decided: Decided, productId: string): Answer<Stock> {
  if ("refusal" in decided) return decided;
  const row = decided.after.get(productId);
  assert(row, "a movement moves its product");
  return { value: row.stock };
}

/** The answer that was given under the request's key before, if any. */
async function replayed(store: Store, request: IdempotentRequest): Promise<Executed<unknown> | undefined> {
  const earlier = await earlierAnswer(store, request);
  if (earlier.kind === "none") return undefined;
  if (earlier.kind === "other") return { kind: "keyReused" };
  const { position } = await store.head();
  return { kind: "answered", answer: JSON.parse(earlier.answer), isReplayed: true, position };
}
