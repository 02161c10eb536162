import { isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { foldAccount, accountRowText, type FoldedAccount } from "./account-fold.ts";
import { compareLists, compareRows, textDigest, type ExpectedRow } from "./expected-rows.ts";
import { entryFault, postingsOf } from "./ledger-entries.ts";
import { minorOf } from "./order-amounts.ts";

interface ExpectedAccount extends ExpectedRow {
  readonly account: FoldedAccount;
}

/** What became of one order's payment. */
interface Paid {
  readonly charges: number;
  readonly refunds: number;
  /** The entry of the charge, as text of its postings. */
  readonly entry: string;
  /** What was charged, and parts of it that went back, by id. */
  readonly amount?: unknown;
  /** The accounts of the entry, and which of them give. */
  readonly ways: string;
  readonly parts: ReadonlyMap<string, bigint>;
}

const NOTHING: Paid = { charges: 0, refunds: 0, entry: "", ways: "", parts: new Map() };

const LISTS = { owner: (accountId: string, { account }: ExpectedAccount) => `${account.ownerId} ${accountId}` };

/**
 * Holds at every read: each entry of the ledger gives what it takes, by currency; an order is charged at most once and paid
 * back at most once, by the reversal, or in parts of which each is once and all are no more than the charge; no account is below zero and its row is the fold of its events, which agree with the
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
    const before = this.paid.get(stream) ?? NOTHING;
    const { after, fault } = paidAfter(before, type, fact.data, stream.slice("payment-".length));
    if (fault !== undefined) this.payments.violated(fault, placeOf(fact));
    this.paid.set(stream, after);
    if (type === "PaymentCompleted") this.owe("bill", fact.data, 1);
    if (type === "PaymentRefunded" || type === "PaymentGivenBack") this.owe("credit-note", fact.data, 1);
  }

  private bill(fact: Fact): void {
    this.bills.checked++;
    const kind = { BillIssued: "bill", CreditNoteIssued: "credit-note" }[fact.stored.type];
    if (kind === undefined) this.bills.violated("not a bill", placeOf(fact));
    else this.owe(kind, fact.data, -1);
    if (!areLinesOf(fact.data)) this.bills.violated("its lines do not add up to it", placeOf(fact));
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
      const after = { ...before, charges: before.charges + 1, entry, ways: waysOf(data, 1n), amount: data["amount"] };
      return after.charges > 1 ? { after, fault: "the order is charged twice" } : { after };
    }
    case "PaymentRefunded": {
      const after = { ...before, refunds: before.refunds + 1 };
      const isBack = after.refunds === before.charges && before.parts.size === 0 && entryText(data, -1n) === before.entry;
      return isBack ? { after } : { after, fault: "what is paid back is not what was charged, once" };
    }
    case "PaymentGivenBack":
      return givenBack(before, data);
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

/** A part goes from the sales to where the charge came from. */
function givenBack(before: Paid, data: JsonRecord): { readonly after: Paid; readonly fault?: string } {
  const [refundId, currency] = [String(data["refundId"]), String(memberOf(before.amount, "currency"))];
  const minor = minorOf(data["amount"], currency) ?? 0n;
  const after = { ...before, parts: new Map([...before.parts, [refundId, minor]]) };
  if (before.parts.has(refundId)) return { after, fault: "a part is paid back twice" };
  const sum = [...after.parts.values()].reduce((all, part) => all + part, 0n);
  if (before.charges !== 1 || before.refunds > 0 || minor <= 0n || sum > (minorOf(before.amount, currency) ?? 0n)) {
    return { after, fault: "more is paid back than was charged" };
  }
  const isReversal = waysOf(data, -1n) === before.ways;
  const isOfAmount = (postingsOf(data["entry"]) ?? []).every((posting) => posting.minor === minor || posting.minor === -minor);
  return isReversal && isOfAmount ? { after } : { after, fault: "a part goes back to where it did not come from" };
}

function waysOf(data: JsonRecord, sign: bigint): string {
  const postings = postingsOf(data["entry"]) ?? [];
  return postings
    .map(({ account, minor }) => `${account} ${minor * sign < 0n ? "gives" : "gets"}`)
    .sort()
    .join("\n");
}

/** The entry's postings, each times `sign`, in one order. */
function entryText(data: JsonRecord, sign: bigint): string {
  const postings = postingsOf(data["entry"]) ?? [];
  return postings
    .map(({ account, currency, minor }) => `${account} ${currency} ${minor * sign}`)
    .sort()
    .join("\n");
}

/** A credit note of a part names its lines; a bill, and a credit note of all of it, are their order's. */
function areLinesOf(data: unknown): boolean {
  const lines = memberOf(data, "lines");
  if (lines === undefined) return memberOf(data, "refundId") === undefined;
  const currency = String(memberOf(memberOf(data, "amount"), "currency"));
  const amounts = (Array.isArray(lines) ? lines : []).map((line) => minorOf(memberOf(line, "amount"), currency) ?? 0n);
  return amounts.reduce((sum, minor) => sum + minor, 0n) === minorOf(memberOf(data, "amount"), currency);
}

function amountOf(data: unknown): { readonly minor: unknown; readonly currency: unknown } {
  const amount = memberOf(data, "amount");
  return { minor: memberOf(amount, "minor"), currency: memberOf(amount, "currency") };
}
