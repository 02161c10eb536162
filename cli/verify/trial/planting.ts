import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { TrialChange } from "./trial-shop.ts";

/** Names of all checks, in their order. */
export const CHECKS = [
  "archive",
  "positions",
  "versions",
  "digests",
  "seals",
  "units",
  "order rules (laws 2 and 13)",
  "orders read model (law 3)",
  "snapshots (law 1)",
  "order-search (law 3)",
  "order-details (law 3)",
  "products (law 3)",
  "product-search (law 3)",
  "customer rules (laws 2 and 13)",
  "customers read model (law 3)",
  "customer names",
  "customer-search (law 3)",
  "stock (law 12)",
  "stock read model (law 3)",
  "reservations",
  "sold-together (law 3)",
  "ledger (law 12)",
  "payments",
  "accounts read model (law 3)",
  "bills",
  "ledger read model (law 3)",
  "question rules",
  "questions read model (law 3)",
  "comparisons",
  "orders agree",
  "orders at rest",
  "return rules (laws 2 and 13)",
  "returns read model (law 3)",
  "returns agree",
  "personal",
  "idempotency keys",
  "work",
  "workflows",
  "due items",
  "leases",
  "engine",
  "subject keys",
] as const;
export type CheckName = (typeof CHECKS)[number];

/** One thing wrong with the trial shop, and the check that must find it. */
export interface Plant {
  readonly what: string;
  readonly check: CheckName;
  readonly change: TrialChange;
  /** What the violation says. */
  readonly says: RegExp;
  readonly onlyOn?: "sqlite";
}

/** SQL that is run on the file of the store. */
export const sql = (text: string): TrialChange => ({ store: (db) => db.exec(text) });

export function plant(check: CheckName, what: string, change: TrialChange, says: RegExp): Plant {
  return { check, what, change, says };
}

/** A fact with another text, under the digest of that text. */
export function rewritten(position: number, change: (data: string) => string): TrialChange {
  return {
    store: (db) => {
      const fact = db.prepare("SELECT * FROM facts WHERE position = ?").get(position) ?? {};
      const data = change(String(fact["data"]));
      assert.notEqual(data, fact["data"], "the plant changes something");
      const lines = [
        `${String(fact["unit"])}/${String(fact["ordinal"])}`,
        fact["stream"],
        fact["type"],
        fact["schema_version"],
        data,
        fact["meta"],
      ];
      const digest = createHash("sha256").update(lines.join("\n")).digest();
      db.prepare("UPDATE facts SET data = ?, digest = ? WHERE position = ?").run(data, digest, position);
    },
  };
}

export function extraRow(collection: string): TrialChange {
  return { store: (db) => insertRow(db, collection, "none", "{}") };
}

export function insertRow(db: DatabaseSync, collection: string, key: string, value: string): void {
  const columns = "(collection, key, revision, position, recorded_at, entries, value)";
  db.prepare(`INSERT INTO rows ${columns} VALUES (?, ?, 1, 1, 1, '{}', ?)`).run(collection, key, value);
}

export function deletedRow(collection: string, key: string): TrialChange {
  const where = `WHERE collection = '${collection}' AND key = '${key}'`;
  return sql(`DELETE FROM row_index ${where}; DELETE FROM rows ${where}`);
}
