import { memberOf } from "../canonical-text.ts";

export interface Posting {
  readonly account: string;
  readonly currency: string;
  readonly minor: bigint;
}

/** An entry's postings; undefined when it has another form. */
export function postingsOf(entry: unknown): readonly Posting[] | undefined {
  if (!Array.isArray(entry) || entry.length < 2) return undefined;
  const postings = entry.map((posting) => {
    const [account, currency, minor] = ["account", "currency", "minor"].map((name) => memberOf(posting, name));
    const isPosting = typeof account === "string" && typeof currency === "string" && /^-?[1-9]\d{0,30}$/.test(String(minor));
    return isPosting ? { account, currency, minor: BigInt(String(minor)) } : undefined;
  });
  return postings.every((posting) => posting !== undefined) ? postings : undefined;
}

/** Why the postings are no entry: what some give, others get, in each currency. */
export function entryFault(postings: readonly Posting[] | undefined): string | undefined {
  if (!postings) return "not an entry of the ledger";
  const sums = new Map<string, bigint>();
  for (const { currency, minor } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + minor);
  return [...sums.values()].every((sum) => sum === 0n) ? undefined : "an entry does not give what it takes";
}
