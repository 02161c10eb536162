/** A table of a store as it moves from one engine to another: its records are told apart, and ordered, by their key. */
export interface TransferTable {
  readonly key: readonly string[];
  /** The key's fields first. */
  readonly fields: readonly string[];
}

export type TransferValue = string | number | null;
/** A record: its values in the order of the table's fields. */
export type TransferRecord = readonly TransferValue[];

const EVENT = ["type", "schema_version", "unit", "ordinal", "recorded_at", "meta", "data"];

/**
 * Everything that a store holds beside its head, in the order in which it is moved. Texts are compared by code point, times
 * are epoch milliseconds. `digest` is lower-case hex; a unit's `facts` is their number, its `correlation` null without any;
 * `entries` is the JSON text of a row's `[[index, entry], …]`, empty without any; a key without `expires_at` stays.
 */
export const TRANSFER_TABLES = {
  facts: table(["position"], ["stream", "version", "digest", ...EVENT]),
  work: table(["stream", "version"], ["correlation", ...EVENT]),
  units: table(["id"], ["position", "recorded_at", "facts", "correlation"]),
  rows: table(["collection", "key"], ["revision", "position", "recorded_at", "entries", "value"]),
  keys: table(["key"], ["expires_at", "value"]),
  due: table(["queue", "id"], ["at", "revision", "payload"]),
  leases: table(["name"], ["owner", "token", "expires_at"]),
} as const satisfies Readonly<Record<string, TransferTable>>;

export type TransferTableName = keyof typeof TRANSFER_TABLES;

export const TRANSFER_TABLE_NAMES = Object.keys(TRANSFER_TABLES) as readonly TransferTableName[]; // the record's keys

/** Fields that are whole numbers; the others are texts. */
export const NUMBER_FIELDS: ReadonlySet<string> = new Set([
  "position",
  "version",
  "schema_version",
  "ordinal",
  "recorded_at",
  "facts",
  "revision",
  "expires_at",
  "at",
  "token",
]);

/** What a page holds at most: it ends after the record that passes the bytes. */
export const TRANSFER_PAGE = { records: 1_000, bytes: 4 * 1024 * 1024 } as const;

function table(key: readonly string[], rest: readonly string[]): TransferTable {
  return { key, fields: [...key, ...rest] };
}

/** The key of a record of the table. */
export function keyOf(name: TransferTableName, record: TransferRecord): TransferRecord {
  return record.slice(0, TRANSFER_TABLES[name].key.length);
}

/** The value that a record of the table has in a field. */
export function fieldOf(name: TransferTableName, record: TransferRecord, field: string): TransferValue {
  return record[TRANSFER_TABLES[name].fields.indexOf(field)] ?? null;
}
