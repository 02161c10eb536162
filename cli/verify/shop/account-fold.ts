import { canonicalText, isRecord, memberOf } from "../canonical-text.ts";
import { postingsOf } from "./ledger-entries.ts";
import { minorOf } from "./order-amounts.ts";
import type { OrderFact } from "./order-fold.ts";

/** What an account is after its events, by their meaning. */
export interface FoldedAccount {
  readonly accountId: string;
  readonly ownerId: string;
  readonly currency: string;
  readonly status: "open" | "closed";
  readonly minor: bigint;
  readonly transactions: number;
  readonly version: number;
}

interface Step {
  readonly account: FoldedAccount | undefined;
  readonly fault?: string;
}

/** The account after one more event, and why that event could not have been accepted. */
export function foldAccount(accountId: string, before: FoldedAccount | undefined, { type, version, data }: OrderFact): Step {
  if (!isRecord(data)) return { account: before, fault: "an event without data" };
  if (type === "AccountOpened") {
    if (before) return { account: before, fault: "the account is opened again" };
    if (data["accountId"] !== accountId) return { account: undefined, fault: "the account's id is not its stream's" };
    const [ownerId, currency] = [String(data["ownerId"]), String(data["currency"])];
    return { account: { accountId, ownerId, currency, status: "open", minor: 0n, transactions: 0, version } };
  }
  if (!before) return { account: undefined, fault: "the account was never opened" };
  if (type === "AccountClosed") {
    const account = { ...before, status: "closed" as const, version };
    return before.minor === 0n ? { account } : { account, fault: "an account that holds something is closed" };
  }
  const change = changeOf(accountId, before.currency, type, data);
  if (change === undefined) return { account: before, fault: "not an event of an account" };
  const account = { ...before, minor: before.minor + change, transactions: before.transactions + 1, version };
  if (account.minor < 0n) return { account, fault: "the account is below zero" };
  const isLate = before.status === "closed" && type !== "AccountRefunded";
  return isLate ? { account, fault: "something is posted to a closed account" } : { account };
}

function changeOf(accountId: string, currency: string, type: string, data: unknown): bigint | undefined {
  switch (type) {
    case "AccountDeposited":
    case "AccountWithdrawn": {
      const own = postingsOf(memberOf(data, "entry"))?.find(({ account }) => account === accountId);
      return own?.currency === currency ? own.minor : undefined;
    }
    case "AccountRefunded":
      return minorOf(memberOf(data, "amount"), currency);
    case "AccountCharged": {
      const minor = minorOf(memberOf(data, "amount"), currency);
      return minor === undefined ? undefined : -minor;
    }
    default:
      return undefined;
  }
}

/** The text of the account's row in the read model "accounts". */
export function accountRowText({ accountId, ownerId, currency, status, minor, transactions, version }: FoldedAccount): string {
  const balance = { minor: String(minor), currency };
  return canonicalText({ account: { accountId, ownerId, status, balance, transactions }, version });
}
