import { timeText, type Clock } from "../clock.ts";
import type { GatheredFile } from "../file/gathered-file.ts";
import type { JournalQuery } from "../http/journal-page.ts";

export type ParcelStatus = "created" | "held" | "in_transit" | "delivered" | "failed" | "cancelled";

export interface Parcel {
  readonly n: number;
  readonly key: string;
  readonly reference: string;
  readonly service: string;
  /** What the client said of recipient and content, as JSON. */
  readonly content: string;
  readonly status: ParcelStatus;
  /** `2026-11-24` */
  readonly estimatedDelivery: string;
  readonly createdAt: number;
  readonly changedAt: number;
}

export type NewParcel = Pick<Parcel, "key" | "reference" | "service" | "content" | "estimatedDelivery">;

/** The parcels in the file. */
export interface Parcels {
  add(parcel: NewParcel): Parcel;
  get(n: number): Parcel | undefined;
  page(after: number, limit: number): readonly Parcel[];
  /** By the time of their last change, or those under some keys. */
  journal(query: JournalQuery): readonly Parcel[];
  /** Rewrites the books, or tears the page out of them: a partner's mistake. */
  falsify(parcel: Parcel, change: { readonly status?: ParcelStatus | undefined } | "gone"): void;
  setStatus(parcel: Parcel, status: ParcelStatus): Parcel;
}

export function parcels(file: GatheredFile, clock: Clock): Parcels {
  const insert = file.prepare("INSERT INTO parcels VALUES (NULL, ?, ?, ?, ?, 'created', ?, ?, ?)");
  const select = file.prepare("SELECT * FROM parcels WHERE n = ?");
  const page = file.prepare("SELECT * FROM parcels WHERE n > ? ORDER BY n LIMIT ?");
  const changes = file.prepare(
    "SELECT * FROM parcels WHERE (changed_at, n) > (?, ?) AND changed_at < ? ORDER BY changed_at, n LIMIT ?",
  );
  const underKeys = file.prepare("SELECT * FROM parcels WHERE key IN (SELECT value FROM json_each(?)) ORDER BY n");
  const remove = file.prepare("DELETE FROM parcels WHERE n = ?");
  const update = file.prepare("UPDATE parcels SET status = ?, changed_at = ? WHERE n = ?");
  return {
    add(parcel) {
      const now = clock.now();
      const { key, reference, service, content, estimatedDelivery } = parcel;
      const { lastInsertRowid } = insert.run(key, reference, service, content, estimatedDelivery, now, now);
      return { ...parcel, n: Number(lastInsertRowid), status: "created", createdAt: now, changedAt: now };
    },
    get(n) {
      const row = select.get(n);
      return row && parcelOf(row);
    },
    page: (after, limit) => page.all(after, limit).map(parcelOf),
    journal: (query) =>
      ("keys" in query
        ? underKeys.all(JSON.stringify(query.keys))
        : changes.all(query.changedAt, query.n, query.to, query.limit)
      ).map(parcelOf),
    falsify(parcel, change) {
      if (change === "gone") remove.run(parcel.n);
      else update.run(change.status ?? parcel.status, clock.now(), parcel.n);
    },
    setStatus(parcel, status) {
      const changedAt = clock.now();
      update.run(status, changedAt, parcel.n);
      return { ...parcel, status, changedAt };
    },
  };
}

function parcelOf(row: Readonly<Record<string, unknown>>): Parcel {
  return {
    n: Number(row["n"]),
    key: String(row["key"]),
    reference: String(row["reference"]),
    service: String(row["service"]),
    content: String(row["content"]),
    status: row["status"] as ParcelStatus, // written by this file
    estimatedDelivery: String(row["estimated_delivery"]),
    createdAt: Number(row["created_at"]),
    changedAt: Number(row["changed_at"]),
  };
}

/** A parcel as the carrier shows it: the recipient stays with the carrier. */
export function parcelView({ n, key, reference, service, status, estimatedDelivery, ...parcel }: Parcel, id: string): object {
  const times = { createdAt: timeText(parcel.createdAt), changedAt: timeText(parcel.changedAt) };
  return { id, key, reference, service, trackingNumber: trackingNumber(n), status, estimatedDelivery, ...times };
}

/** `SB` and ten digits. */
function trackingNumber(n: number): string {
  return `SB${String(n).padStart(10, "0")}`;
}
