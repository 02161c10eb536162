import { add, money, type Money } from "@daybook/kernel/money";
import { assert } from "@daybook/kernel/errors";
import { z } from "zod";

/** The house's accounts. They have no floor: their balance is a fold of all entries. */
export const HOUSE = {
  /** Charged by card, and not yet paid out by the provider. */
  cardClearing: "house:card-clearing",
  /** Paid in by customers, and out to them. */
  bank: "house:bank",
  sales: "house:sales",
} as const;

const postingSchema = z.strictObject({
  /** One of the house's, or the id of a customer's account. */
  account: z.string().min(1).max(110),
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** Above zero: the account gets it. */
  minor: z.string().regex(/^-?[1-9]\d{0,30}$/),
});
export type Posting = z.infer<typeof postingSchema>;

/** One fact of the ledger: what some accounts give others get, in each currency. Entries never change. */
export const entrySchema = z
  .array(postingSchema)
  .min(2)
  .refine(isBalanced, "an entry's postings add up to nothing in each currency");
export type Entry = z.infer<typeof entrySchema>;

/** `from` gives `amount` (above zero) to `to`. */
export function transfer(from: string, to: string, amount: Money): Entry {
  assert(!amount.minor.startsWith("-") && amount.minor !== "0", "an amount above zero is transferred");
  const { minor, currency } = amount;
  return [
    { account: from, currency, minor: `-${minor}` },
    { account: to, currency, minor },
  ];
}

/** The same the other way round. */
export function reversal(entry: Entry): Entry {
  return entry.map((posting) => ({ ...posting, minor: String(-BigInt(posting.minor)) }));
}

function isBalanced(postings: readonly Posting[]): boolean {
  const sums = new Map<string, Money>();
  for (const { currency, minor } of postings) {
    const amount = money(BigInt(minor), currency);
    const before = sums.get(currency);
    sums.set(currency, before ? add(before, amount) : amount);
  }
  return [...sums.values()].every(({ minor }) => minor === "0");
}
