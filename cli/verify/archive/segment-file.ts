import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Row } from "@daybook/data/store";

const BLOCK = 4 * 1024 * 1024;

export type SealRow = Pick<Row, "key" | "value">;

/** What a file of old facts holds, read by SQL alone: docs/format.md, section "Segments". */
export interface SegmentFile {
  readonly from: number;
  readonly to: number;
  readonly facts: number;
  readonly seals: readonly SealRow[];
  /** What the filter of its record must hold. */
  readonly names: readonly string[];
}

/** SHA-256 of a file, in hex. */
export function digestOf(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const hash = createHash("sha256");
    const block = Buffer.allocUnsafe(BLOCK);
    for (let bytes = 1; bytes > 0;) {
      bytes = readSync(descriptor, block);
      hash.update(block.subarray(0, bytes));
    }
    return hash.digest("hex");
  } finally {
    closeSync(descriptor);
  }
}

export function readSegmentFile(path: string): SegmentFile {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const range = db.prepare("SELECT min(position) AS first, max(position) AS last, count(*) AS facts FROM facts").get();
    const texts = (sql: string) =>
      db
        .prepare(sql)
        .all()
        .map(({ text }) => String(text));
    const seals = db.prepare("SELECT key, value FROM rows WHERE collection = 'seals' ORDER BY key").all();
    return {
      from: Number(range?.["first"]),
      to: Number(range?.["last"]),
      facts: Number(range?.["facts"]),
      seals: seals.map(({ key, value }) => ({ key: String(key), value: String(value) })),
      names: [
        ...texts("SELECT DISTINCT 's ' || stream AS text FROM facts"),
        ...texts("SELECT DISTINCT 'c ' || json_extract(meta, '$.correlation') AS text FROM facts"),
      ],
    };
  } finally {
    db.close();
  }
}
