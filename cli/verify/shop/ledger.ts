import { canonicalText, memberOf } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import type { Check, Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { postingsOf } from "./ledger-entries.ts";
import { compareProjected, type ProjectedRow } from "./projected-rows.ts";

interface Balance {
  readonly account: string;
  readonly currency: string;
  minor: bigint;
  count: number;
  isClosed?: true;
}

const HOUSE = "house:";
const OPEN = "accounts:open";

/**
 * The read model "ledger" is, up to its checkpoint, what the entries come to: of each account of the house by currency, of
 * each account of a customer, and of those that are open together, by currency.
 */
export function ledgerCheck(verifying: Verifying): Check {
  const findings = new Findings("ledger read model (law 3)");
  const { ledger } = verifying.marks;
  const balances = new Map<string, Balance>();
  return {
    findings: [findings],
    fact(fact) {
      const { stream, position } = fact.stored;
      if (position > ledger.checkpoint || !(stream.startsWith("account-") || stream.startsWith("payment-"))) return;
      note(balances, fact);
    },
    async end() {
      const expected = new Map([...balances].map(([key, balance]) => [key, rowOf(key, balance)]));
      await compareProjected(verifying, ledger, expected, findings);
    },
  };
}

function note(balances: Map<string, Balance>, { stored: { stream, type }, data }: Fact): void {
  const account = stream.slice("account-".length);
  if (type === "AccountOpened") {
    const currency = String(memberOf(data, "currency"));
    balances.set(account, { account, currency, minor: 0n, count: 0 });
    add(balances, OPEN, currency, 0n, 1);
  } else if (type === "AccountClosed") {
    const balance = balances.get(account);
    if (!balance) return;
    balance.isClosed = true;
    add(balances, OPEN, balance.currency, -balance.minor, -1);
  } else post(balances, memberOf(data, "entry"));
}

function post(balances: Map<string, Balance>, entry: unknown): void {
  for (const { account, currency, minor } of postingsOf(entry) ?? []) {
    const balance = account.startsWith(HOUSE) ? undefined : balances.get(account);
    if (account.startsWith(HOUSE)) add(balances, account, currency, minor, 1);
    if (!balance) continue;
    balance.minor += minor;
    balance.count++;
    if (!balance.isClosed) add(balances, OPEN, currency, minor, 0);
  }
}

function add(balances: Map<string, Balance>, account: string, currency: string, minor: bigint, count: number): void {
  const key = `${account} ${currency}`;
  const balance = balances.get(key) ?? { account, currency, minor: 0n, count: 0 };
  balance.minor += minor;
  balance.count += count;
  balances.set(key, balance);
}

function rowOf(key: string, { minor, ...balance }: Balance): ProjectedRow {
  const { account, currency } = balance;
  const listed = account === OPEN ? [`open/${currency}`] : account.startsWith(HOUSE) ? [`house/${key}`] : [];
  return { text: canonicalText({ ...balance, minor: String(minor) }), entries: listed };
}
