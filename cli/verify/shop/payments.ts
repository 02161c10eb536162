import { isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { foldAccount, accountRowText, type FoldedAccount } from "./account-fold.ts";
import { compareLists, compareRows, textDigest, type ExpectedRow } from "./expected-rows.ts";
import { entryFault, postingsOf } from "./ledger-entries.ts";

interface ExpectedAccount extends ExpectedRow {
  readonly account: FoldedAccount;
}

/** What became of one order's payment. */
interface Paid {
  readonly charges: number;
  readonly refunds: number;
  /** The entry of the charge, as text of its postings. */
  readonly entry: string;
}

const LISTS = { owner: (accountId: string, { account }: ExpectedAccount) => `${account.ownerId} ${accountId}` };

/**
 * Holds at every read: each entry of the ledger gives what it takes, by currency; an order is charged at most once and paid
 * back at most once, by the reversal; no account is below zero and its row is the fold of its events, which agree with the
 * ledger's; each completed payment has one bill and each refund one credit note.
 */
export function paymentsCheck(verifying: Verifying): Check {
  const check = new PaymentsCheck(verifying);
  return { findings: check.findings, fact: (fact) => check.fact(fact), end: () => check.end() };
}

class PaymentsCheck {
  private readonly ledger = new Findings("ledger (law 12)");
  private readonly payments = new Findings("payments");
  private readonly rows = new Findings("accounts read model (law 3)");
  private readonly bills = new Findings("bills");
  readonly findings = [this.ledger, this.payments, this.rows, this.bills];
  private readonly accounts = new Map<string, ExpectedAccount>();
  private readonly paid = new Map<string, Paid>();
  private readonly byLedger = new Map<string, bigint>();
  /** Bills that payments still need; below zero: there are too many. */
  private readonly owed = new Map<string, number>();
  private readonly verifying: Verifying;

  constructor(verifying: Verifying) {
    this.verifying = verifying;
  }

  fact(fact: Fact): void {
    const { stream } = fact.stored;
    if (stream.startsWith("bills-")) return this.bill(fact);
    if (stream.startsWith("account-")) this.change(fact);
    else if (stream.startsWith("payment-")) this.pay(fact);
    else return;
    this.post(fact);
  }

  async end(): Promise<void> {
    const { store, head, meter } = this.verifying;
    for (const [accountId, { account }] of this.accounts) {
      if (account.minor === (this.byLedger.get(accountId) ?? 0n)) continue;
      this.ledger.violated("the account is not what the ledger's entries say", { stream: `account-${accountId}` });
    }
    for (const [key, count] of this.owed) {
      const [kind = "", orderId = ""] = key.split(" ");
      const what = count > 0 ? `there is no ${kind}` : `there is no payment of a ${kind}`;
      this.bills.violated(what, { stream: `payment-${orderId}` });
    }
    const collection = { store, name: "accounts", expected: this.accounts, head, findings: this.rows, meter };
    await compareRows(collection);
    await compareLists(collection, LISTS);
  }

  private post(fact: Fact): void {
    const entry = memberOf(fact.data, "entry");
    if (entry === undefined) return;
    this.ledger.checked++;
    const postings = postingsOf(entry);
    const fault = entryFault(postings);
    if (fault !== undefined) return this.ledger.violated(fault, placeOf(fact));
    for (const { account, minor } of postings ?? []) this.byLedger.set(account, (this.byLedger.get(account) ?? 0n) + minor);
  }

  private pay(fact: Fact): void {
    const { type, stream } = fact.stored;
    this.payments.checked++;
    const before = this.paid.get(stream) ?? { charges: 0, refunds: 0, entry: "" };
    const { after, fault } = paidAfter(before, type, fact.data, stream.slice("payment-".length));
    if (fault !== undefined) this.payments.violated(fault, placeOf(fact));
    this.paid.set(stream, after);
    if (type === "PaymentCompleted") this.owe("bill", fact.data, 1);
    if (type === "PaymentRefunded") this.owe("credit-note", fact.data, 1);
  }

  private bill(fact: Fact): void {
    this.bills.checked++;
    const kind = { BillIssued: "bill", CreditNoteIssued: "credit-note" }[fact.stored.type];
    if (kind === undefined) this.bills.violated("not a bill", placeOf(fact));
    else this.owe(kind, fact.data, -1);
  }

  private owe(kind: string, data: unknown, count: number): void {
    const { minor, currency } = amountOf(data);
    const key = [kind, memberOf(data, "orderId"), memberOf(data, "paymentId"), minor, currency].map(String).join(" ");
    const left = (this.owed.get(key) ?? 0) + count;
    if (left === 0) this.owed.delete(key);
    else this.owed.set(key, left);
  }

  private change(fact: Fact): void {
    const { stream, position, recordedAt } = fact.stored;
    const accountId = stream.slice("account-".length);
    const before = this.accounts.get(accountId)?.account;
    const { account, fault } = foldAccount(accountId, before, { ...fact.stored, data: fact.data });
    if (fault !== undefined) this.ledger.violated(fault, placeOf(fact));
    if (account) this.accounts.set(accountId, { digest: textDigest(accountRowText(account)), position, recordedAt, account });
  }
}

function paidAfter(
  before: Paid,
  type: string,
  data: unknown,
  orderId: string,
): { readonly after: Paid; readonly fault?: string } {
  if (!isRecord(data) || data["orderId"] !== orderId) return { after: before, fault: "the payment's order is not its stream's" };
  const entry = entryText(data, 1n);
  switch (type) {
    case "PaymentCompleted": {
      const after = { ...before, charges: before.charges + 1, entry };
      return after.charges > 1 ? { after, fault: "the order is charged twice" } : { after };
    }
    case "PaymentRefunded": {
      const after = { ...before, refunds: before.refunds + 1 };
      const isBack = after.refunds === before.charges && entryText(data, -1n) === before.entry;
      return isBack ? { after } : { after, fault: "what is paid back is not what was charged, once" };
    }
    case "PaymentPending":
    case "PaymentDeclined":
    case "PaymentCancelled":
      return before.charges > 0 ? { after: before, fault: `${type}, but the order was charged` } : { after: before };
    case "PaymentDisputed":
      return { after: before };
    default:
      return { after: before, fault: "not an event of a payment" };
  }
}

/** The entry's postings, each times `sign`, in one order. */
function entryText(data: JsonRecord, sign: bigint): string {
  const postings = postingsOf(data["entry"]) ?? [];
  return postings
    .map(({ account, currency, minor }) => `${account} ${currency} ${minor * sign}`)
    .sort()
    .join("\n");
}

function amountOf(data: unknown): { readonly minor: unknown; readonly currency: unknown } {
  const amount = memberOf(data, "amount");
  return { minor: memberOf(amount, "minor"), currency: memberOf(amount, "currency") };
}
