import { DatabaseSync, type StatementSync } from "node:sqlite";
import { MIGRATIONS } from "../../platform/data/store/sqlite/schema.ts";
import type { OneFact } from "../workload.ts";
import { rawRecord } from "../raw-record.ts";

/** Hand-written appends to the tables and indexes of Daybook's store, synced with each transaction. */
export class RawSqlite {
  private readonly db: DatabaseSync;
  private readonly insertFact: StatementSync;
  private readonly insertCase: StatementSync;
  private readonly insertUnit: StatementSync;
  private readonly begin: StatementSync;
  private readonly commit: StatementSync;
  private position = 0;

  constructor(file: string) {
    this.db = new DatabaseSync(file);
    this.db.exec("PRAGMA journal_mode = WAL");
    this.db.exec("PRAGMA synchronous = FULL");
    this.db.exec("PRAGMA cache_size = -16384");
    for (const { sql } of MIGRATIONS) this.db.exec(sql);
    this.insertFact = this.db.prepare("INSERT INTO facts VALUES (?, ?, ?, ?, 1, ?, 0, ?, ?, ?, ?)");
    this.insertCase = this.db.prepare("INSERT INTO cases VALUES (?, ?, 1)");
    this.insertUnit = this.db.prepare("INSERT INTO units VALUES (?, ?, ?)");
    this.begin = this.db.prepare("BEGIN IMMEDIATE");
    this.commit = this.db.prepare("COMMIT");
  }

  /** Commits the facts in transactions of `size`. */
  append(facts: readonly OneFact[], size: number): void {
    for (let at = 0; at < facts.length; at += size) {
      this.begin.run();
      const now = Date.now();
      for (let i = at; i < Math.min(facts.length, at + size); i++) this.insert(facts[i] as OneFact, now); // inside the list
      this.commit.run();
    }
  }

  close(): void {
    this.db.close();
  }

  private insert(fact: OneFact, now: number): void {
    const { stream, version, type, unitId, digest, meta, data, cause } = rawRecord(fact);
    const position = ++this.position;
    this.insertFact.run(position, stream, version, type, unitId, now, digest, meta, data);
    this.insertCase.run(cause.correlation, position);
    this.insertUnit.run(unitId, position, now);
  }
}
