import { DatabaseSync, type StatementSync } from "node:sqlite";
import { MIGRATIONS } from "../../platform/data/store/sqlite/schema.ts";
import { payloadOf, QUEUE, VISIBILITY_MS, type RawJob } from "./raw-job.ts";

/** A hand-written queue in the tables and indexes of Daybook's store: groups of jobs are sent, taken and ended by a transaction each. */
export class RawSqliteQueue {
  private readonly db: DatabaseSync;
  private readonly unitId: () => string;
  private readonly insertUnit: StatementSync;
  private readonly insertDue: StatementSync;
  private readonly firstDue: StatementSync;
  private readonly takeDue: StatementSync;
  private readonly deleteDue: StatementSync;
  private readonly begin: StatementSync;
  private readonly commit: StatementSync;

  constructor(file: string, unitId: () => string) {
    this.db = new DatabaseSync(file);
    this.unitId = unitId;
    this.db.exec("PRAGMA journal_mode = WAL");
    this.db.exec("PRAGMA synchronous = FULL");
    this.db.exec("PRAGMA cache_size = -16384");
    for (const { sql } of MIGRATIONS) this.db.exec(sql);
    this.insertUnit = this.db.prepare("INSERT INTO units VALUES (?, 0, ?)");
    this.insertDue = this.db.prepare("INSERT INTO due (queue, id, at, revision, payload) VALUES (?, ?, ?, 1, ?)");
    this.firstDue = this.db.prepare("SELECT id FROM due WHERE queue = ? AND at <= ? ORDER BY at, id LIMIT ?");
    this.takeDue = this.db.prepare("UPDATE due SET at = ?, revision = revision + 1, payload = ? WHERE queue = ? AND id = ?");
    this.deleteDue = this.db.prepare("DELETE FROM due WHERE queue = ? AND id = ? AND revision = 2");
    this.begin = this.db.prepare("BEGIN IMMEDIATE");
    this.commit = this.db.prepare("COMMIT");
  }

  run(jobs: readonly RawJob[], size: number): void {
    for (let at = 0; at < jobs.length; at += size) this.runGroup(jobs.slice(at, at + size));
  }

  close(): void {
    this.db.close();
  }

  private runGroup(jobs: readonly RawJob[]): void {
    const now = Date.now();
    const byId = new Map(jobs.map((job) => [job.id, job]));
    this.transaction(() => {
      for (const job of jobs) {
        this.insertDue.run(QUEUE, job.id, now, payloadOf(job, now));
        this.insertUnit.run(job.sending, now);
      }
    });
    const taken = this.firstDue.all(QUEUE, Date.now(), jobs.length).map((row) => byId.get(String(row["id"])) as RawJob); // nobody else's
    this.transaction(() => {
      for (const job of taken) this.takeDue.run(now + VISIBILITY_MS, payloadOf(job, now, now), QUEUE, job.id);
      this.insertUnit.run(this.unitId(), now);
    });
    this.transaction(() => {
      for (const job of taken) {
        this.deleteDue.run(QUEUE, job.id);
        this.insertUnit.run(job.ending, now);
      }
    });
  }

  private transaction(write: () => void): void {
    this.begin.run();
    write();
    this.commit.run();
  }
}
