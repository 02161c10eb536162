import { timeText, type Clock } from "../clock.ts";
import type { GatheredFile } from "../file/gathered-file.ts";
import type { JournalQuery } from "../http/journal-page.ts";

export const CHARGE_STATUSES = ["pending", "succeeded", "declined", "disputed", "cancelled"] as const;
export type ChargeStatus = (typeof CHARGE_STATUSES)[number];

export interface Charge {
  readonly n: number;
  readonly key: string;
  readonly reference: string;
  readonly token: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: ChargeStatus;
  readonly declineCode: string | undefined;
  /** What the customer has, when that is too little. */
  readonly availableMinor: number | undefined;
  readonly refundedMinor: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

export type NewCharge = Pick<
  Charge,
  "key" | "reference" | "token" | "amountMinor" | "currency" | "status" | "declineCode" | "availableMinor"
>;

export interface FalseCharge {
  readonly amountMinor?: number | undefined;
  readonly currency?: string | undefined;
  readonly refundedMinor?: number | undefined;
  readonly status?: ChargeStatus | undefined;
}

/** The charges in the file. */
export interface Charges {
  add(charge: NewCharge): Charge;
  get(n: number): Charge | undefined;
  page(after: number, limit: number): readonly Charge[];
  /** By the time of their last change, or those under some keys. */
  journal(query: JournalQuery): readonly Charge[];
  /** Rewrites the books, or tears the page out of them: a partner's mistake. */
  falsify(charge: Charge, change: FalseCharge | "gone"): void;
  setStatus(charge: Charge, status: ChargeStatus, declineCode?: string): Charge;
  /** Answers the refund's number. */
  refund(charge: Charge, amountMinor: number): { readonly n: number; readonly charge: Charge };
}

export function charges(file: GatheredFile, clock: Clock): Charges {
  const insert = file.prepare("INSERT INTO charges VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)");
  const select = file.prepare("SELECT * FROM charges WHERE n = ?");
  const page = file.prepare("SELECT * FROM charges WHERE n > ? ORDER BY n LIMIT ?");
  const changes = file.prepare(
    "SELECT * FROM charges WHERE (changed_at, n) > (?, ?) AND changed_at < ? ORDER BY changed_at, n LIMIT ?",
  );
  const underKeys = file.prepare("SELECT * FROM charges WHERE key IN (SELECT value FROM json_each(?)) ORDER BY n");
  const remove = file.prepare("DELETE FROM charges WHERE n = ?");
  const update = file.prepare("UPDATE charges SET status = ?, decline_code = ?, refunded = ?, changed_at = ? WHERE n = ?");
  const rewrite = file.prepare(
    "UPDATE charges SET amount = ?, currency = ?, status = ?, refunded = ?, changed_at = ? WHERE n = ?",
  );
  const insertRefund = file.prepare("INSERT INTO refunds VALUES (NULL, ?, ?, ?)");

  function changed(charge: Charge, change: Partial<Charge>): Charge {
    const next = { ...charge, ...change, changedAt: clock.now() };
    update.run(next.status, next.declineCode ?? null, next.refundedMinor, next.changedAt, next.n);
    return next;
  }

  return {
    add(charge) {
      const now = clock.now();
      const { key, reference, token, amountMinor, currency, status, declineCode, availableMinor } = charge;
      const { lastInsertRowid } = insert.run(
        key,
        reference,
        token,
        amountMinor,
        currency,
        status,
        declineCode ?? null,
        availableMinor ?? null,
        now,
        now,
      );
      return { ...charge, n: Number(lastInsertRowid), refundedMinor: 0, createdAt: now, changedAt: now };
    },
    get(n) {
      const row = select.get(n);
      return row && chargeOf(row);
    },
    page: (after, limit) => page.all(after, limit).map(chargeOf),
    journal: (query) =>
      ("keys" in query
        ? underKeys.all(JSON.stringify(query.keys))
        : changes.all(query.changedAt, query.n, query.to, query.limit)
      ).map(chargeOf),
    falsify(charge, change) {
      if (change === "gone") return void remove.run(charge.n);
      const { amountMinor = charge.amountMinor, currency = charge.currency } = change;
      const { status = charge.status, refundedMinor = charge.refundedMinor } = change;
      rewrite.run(amountMinor, currency, status, refundedMinor, clock.now(), charge.n);
    },
    setStatus: (charge, status, declineCode) => changed(charge, { status, declineCode }),
    refund(charge, amountMinor) {
      const { lastInsertRowid } = insertRefund.run(charge.n, amountMinor, clock.now());
      return { n: Number(lastInsertRowid), charge: changed(charge, { refundedMinor: charge.refundedMinor + amountMinor }) };
    },
  };
}

function chargeOf(row: Readonly<Record<string, unknown>>): Charge {
  return {
    n: Number(row["n"]),
    key: String(row["key"]),
    reference: String(row["reference"]),
    token: String(row["token"]),
    amountMinor: Number(row["amount"]),
    currency: String(row["currency"]),
    status: row["status"] as ChargeStatus, // written by this file
    declineCode: typeof row["decline_code"] === "string" ? row["decline_code"] : undefined,
    availableMinor: row["available"] === null ? undefined : Number(row["available"]),
    refundedMinor: Number(row["refunded"]),
    createdAt: Number(row["created_at"]),
    changedAt: Number(row["changed_at"]),
  };
}

/** A charge as the provider shows it: without its card. */
export function chargeView(charge: Charge, id: string): object {
  const { n: _n, token: _token, createdAt, changedAt, ...rest } = charge;
  return { id, ...rest, createdAt: timeText(createdAt), changedAt: timeText(changedAt) };
}
