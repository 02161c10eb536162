import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Rows to a statement: a call into SQLite costs as much as a third of a small insert. */
const WIDTH = 8;

/** Inserts rows into one table, several with one statement: they are in the table after `flush`, not before. */
export class BulkInsert {
  private readonly columns: number;
  private readonly one: StatementSync;
  private readonly many: StatementSync;
  private pending: SQLInputValue[] = [];

  constructor(db: DatabaseSync, table: string, columns: readonly string[]) {
    const row = `(${columns.map(() => "?").join(", ")})`;
    const into = `INSERT INTO ${table} (${columns.join(", ")}) VALUES`;
    this.columns = columns.length;
    this.one = db.prepare(`${into} ${row}`);
    this.many = db.prepare(`${into} ${Array.from({ length: WIDTH }, () => row).join(", ")}`);
  }

  /** One row, its values in the order of the columns. */
  add(...row: readonly SQLInputValue[]): void {
    this.pending.push(...row);
    if (this.pending.length < this.columns * WIDTH) return;
    this.many.run(...this.pending);
    this.pending = [];
  }

  /** Whether a row that is not flushed has the value. */
  holds(value: SQLInputValue): boolean {
    return this.pending.includes(value);
  }

  flush(): void {
    for (let at = 0; at < this.pending.length; at += this.columns) this.one.run(...this.pending.slice(at, at + this.columns));
    this.pending = [];
  }

  /** Forgets what was not flushed. */
  discard(): void {
    this.pending = [];
  }
}
