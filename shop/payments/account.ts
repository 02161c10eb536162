import { accept, refuse, type Decider, type Decision } from "@daybook/data/cqrs/decider";
import { add, money, type Money } from "@daybook/kernel/money";
import { ACCOUNT_CATEGORY, type AccountEvent } from "./events.ts";
import { HOUSE, transfer } from "./ledger.ts";

/** A customer's account. `absent` is one that nobody opened. */
export type Account =
  | { readonly status: "absent" }
  | {
      readonly status: "open" | "closed";
      readonly accountId: string;
      readonly ownerId: string;
      /** Never below zero. */
      readonly balance: Money;
      /** Postings. */
      readonly transactions: number;
    };
type OpenedAccount = Exclude<Account, { status: "absent" }>;

export type AccountCommand =
  | { readonly type: "open"; readonly accountId: string; readonly ownerId: string; readonly currency: string }
  | { readonly type: "deposit"; readonly amount: Money; readonly reason: string }
  /** A deposit of the owner's, whose account is opened for it when it is not there. */
  | {
      readonly type: "fund";
      readonly accountId: string;
      readonly owner: string;
      readonly amount: Money;
      readonly reason: string;
    }
  /** `ownerId` (here and below): asked by a customer, who has no accounts but their own. */
  | { readonly type: "withdraw"; readonly amount: Money; readonly reason: string; readonly ownerId?: string | undefined }
  /** By the payment of an order of `customerId`, whose own the account must be. */
  | { readonly type: "charge"; readonly amount: Money; readonly paymentId: string; readonly customerId?: string | undefined }
  | { readonly type: "refund"; readonly amount: Money; readonly paymentId: string }
  | { readonly type: "close"; readonly ownerId?: string | undefined };

export const accountDecider: Decider<Account, AccountCommand, AccountEvent> = {
  category: ACCOUNT_CATEGORY,
  version: 1,
  initial: { status: "absent" },
  decide,
  evolve,
};

function decide(command: AccountCommand, account: Account): Decision<AccountEvent> {
  if (command.type === "open") {
    if (account.status !== "absent") return refuse("account-exists", "An account with this id was opened before.");
    const { accountId, ownerId, currency } = command;
    return accept({ type: "AccountOpened", data: { accountId, ownerId, currency } });
  }
  if (command.type === "fund") return fund(command, account);
  if (account.status === "absent" || isForeign(command, account)) return notFound();
  // Money back finds its account also when it was closed meanwhile: it is opened for that by whoever pays it out.
  if (account.status === "closed" && command.type !== "refund") return refuse("account-closed", "The account is closed.");
  if (command.type === "close") {
    if (account.balance.minor !== "0") return refuse("account-not-empty", "The account is closed when nothing is left in it.");
    return accept({ type: "AccountClosed", data: {} });
  }
  return post(command, account);
}

function fund({ accountId, owner: ownerId, amount, reason }: AccountCommand & { type: "fund" }, account: Account) {
  const opened: AccountEvent[] =
    account.status === "absent" ? [{ type: "AccountOpened", data: { accountId, ownerId, currency: amount.currency } }] : [];
  const open = opened.reduce(evolve, account);
  if (open.status === "absent" || open.ownerId !== ownerId) return notFound();
  const paid = decide({ type: "deposit", amount, reason }, open);
  return "refusal" in paid ? paid : accept(...opened, ...paid.events);
}

/** Another person's account and a missing one answer alike. */
function isForeign(command: AccountCommand, { ownerId }: OpenedAccount): boolean {
  if (command.type === "charge") return command.customerId !== ownerId;
  return "ownerId" in command && command.ownerId !== undefined && command.ownerId !== ownerId;
}

function notFound(): Decision<AccountEvent> {
  return refuse("account-not-found", "There is no such account.");
}

function post(
  command: Exclude<AccountCommand, { type: "open" | "fund" | "close" }>,
  account: OpenedAccount,
): Decision<AccountEvent> {
  const { amount, type } = command;
  const { accountId, balance } = account;
  if (amount.currency !== balance.currency) {
    return refuse("currency-differs", `The account is in ${balance.currency}.`, { currency: balance.currency });
  }
  if (BigInt(amount.minor) <= 0n) return refuse("amount-not-positive", "An amount above zero is posted.");
  const isTaken = type === "withdraw" || type === "charge";
  if (isTaken && BigInt(balance.minor) < BigInt(amount.minor)) {
    return refuse("insufficient-funds", "There is not enough in the account.", { requested: amount, available: balance });
  }
  switch (command.type) {
    case "deposit":
      return accept({
        type: "AccountDeposited",
        data: { entry: transfer(HOUSE.bank, accountId, amount), reason: command.reason },
      });
    case "withdraw":
      return accept({
        type: "AccountWithdrawn",
        data: { entry: transfer(accountId, HOUSE.bank, amount), reason: command.reason },
      });
    case "charge":
      return accept({ type: "AccountCharged", data: { paymentId: command.paymentId, amount } });
    case "refund":
      return accept({ type: "AccountRefunded", data: { paymentId: command.paymentId, amount } });
  }
}

function evolve(account: Account, event: AccountEvent): Account {
  if (event.type === "AccountOpened") {
    const { accountId, ownerId, currency } = event.data;
    return { status: "open", accountId, ownerId, balance: money(0n, currency), transactions: 0 };
  }
  if (account.status === "absent") return account;
  switch (event.type) {
    case "AccountDeposited":
    case "AccountWithdrawn": {
      const own = event.data.entry.filter((posting) => posting.account === account.accountId);
      return posted(
        account,
        own.reduce((sum, { minor }) => sum + BigInt(minor), 0n),
      );
    }
    case "AccountCharged":
      return posted(account, -BigInt(event.data.amount.minor));
    case "AccountRefunded":
      return posted(account, BigInt(event.data.amount.minor));
    case "AccountClosed":
      return { ...account, status: "closed" };
  }
}

function posted(account: OpenedAccount, minor: bigint): Account {
  const balance = add(account.balance, money(minor, account.balance.currency));
  return { ...account, balance, transactions: account.transactions + 1 };
}
