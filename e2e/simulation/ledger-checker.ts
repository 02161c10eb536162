import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";

interface Posting {
  readonly account: string;
  readonly currency: string;
  readonly minor: string;
}

/** Members of the events of payments, accounts and bills, as they are documented. */
interface Posted {
  readonly orderId?: string;
  readonly paymentId?: string;
  readonly accountId?: string;
  readonly amount?: { readonly minor: string };
  readonly entry?: readonly Posting[];
}

/** The ledger: debits = credits, no overdraft, an account's part of a payment beside it, a bill for each, and rows that say so. */
export function checkLedger({ log, rows }: RawState, findings: Findings): void {
  const balances = new Map<string, bigint>();
  const accounts = new Map<string, bigint>();
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const { type, data, stream, position } of log) {
    const category = stream.slice(0, stream.indexOf("-"));
    if (category !== "payment" && category !== "account" && category !== "bills") continue;
    const { paymentId = "", entry, amount, accountId } = JSON.parse(data) as Posted; // as it is documented
    count(`${type} ${paymentId}${type === "PaymentCompleted" && accountId !== undefined ? " by account" : ""}`);
    for (const { account, minor } of entry ?? []) balances.set(account, (balances.get(account) ?? 0n) + BigInt(minor));
    const sum = (entry ?? []).reduce((total, { minor }) => total + BigInt(minor), 0n);
    findings.expect("ledger balanced", sum === 0n, () => `the entry at ${position} adds up to ${sum}`);
    if (category === "account") {
      const own = stream.slice("account-".length);
      const moved = changeOf(type, own, entry, amount);
      accounts.set(own, (accounts.get(own) ?? 0n) + moved);
      findings.expect("no overdraft", (accounts.get(own) ?? 0n) >= 0n, () => `${own} is ${accounts.get(own)} at ${position}`);
    }
  }
  checkPairs(counts, findings);
  for (const [account, balance] of accounts) {
    const inLedger = balances.get(account) ?? 0n;
    findings.expect("ledger balanced", inLedger === balance, () => `${account} holds ${balance}, by the ledger ${inLedger}`);
    const row = rows.find(({ collection, key }) => collection === "accounts" && key === account)?.value;
    const shown = (JSON.parse(row ?? "{}") as { account?: { balance: { minor: string } } }).account?.balance.minor; // as it is documented
    findings.expect("ledger rows", shown === String(balance), () => `the row of ${account} is ${row}, not ${balance}`);
  }
  for (const [account, balance] of balances) {
    const key = account.startsWith("house:") ? `${account} GBP` : account;
    const row = rows.find((each) => each.collection === "ledger.1" && each.key === key)?.value;
    const shown = (JSON.parse(row ?? "{}") as { minor?: string }).minor; // as it is documented
    findings.expect("ledger rows", shown === String(balance), () => `the ledger's row of ${key} is ${row}, not ${balance}`);
  }
}

function changeOf(type: string, own: string, entry: Posted["entry"], amount: Posted["amount"]): bigint {
  if (type === "AccountCharged") return -BigInt(amount?.minor ?? 0);
  if (type === "AccountRefunded") return BigInt(amount?.minor ?? 0);
  return (entry ?? []).filter(({ account }) => account === own).reduce((sum, { minor }) => sum + BigInt(minor), 0n);
}

/** A payment is completed once and given back once; the account that paid, and the bills, say the same. */
function checkPairs(counts: ReadonlyMap<string, number>, findings: Findings): void {
  const of = (what: string) => counts.get(what) ?? 0;
  const payments = new Set([...counts.keys()].map((what) => what.split(" ")[1] ?? "").filter((id) => id !== ""));
  for (const id of payments) {
    const byAccount = of(`PaymentCompleted ${id} by account`);
    const completed = of(`PaymentCompleted ${id}`) + byAccount;
    const refunded = of(`PaymentRefunded ${id}`);
    const parts = of(`PaymentGivenBack ${id}`);
    const charges = [of(`AccountCharged ${id}`), of(`AccountRefunded ${id}`)];
    const bills = [of(`BillIssued ${id}`), of(`CreditNoteIssued ${id}`)];
    const isOnce = completed <= 1 && refunded <= completed;
    findings.expect("paid once", isOnce, () => `${id} was completed ${completed} times, refunded ${refunded} times`);
    const isSame = charges[0] === byAccount && charges[1] === (byAccount > 0 ? refunded + parts : 0);
    findings.expect("ledger balanced", isSame, () => `${id}: its account was charged and refunded ${charges.join(", ")} times`);
    const isBilled = bills[0] === completed && bills[1] === refunded + parts;
    findings.expect("bills", isBilled, () => `${id}: bills and credit notes ${bills.join(", ")} for ${completed}, ${refunded}`);
  }
}
