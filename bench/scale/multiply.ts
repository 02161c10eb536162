import { DatabaseSync, type StatementSync } from "node:sqlite";
import { benchFailed } from "../errors.ts";

/** Ids and digests as they stand in texts, the other way round in the list of ids by their ends. */
const ID = /(?<=_)[0-9a-hjkmnp-tv-z]{26}(?![0-9a-z])|(?<![0-9a-z])[0-9a-hjkmnp-tv-z]{26}(?=_[a-z]+\b)/g;
/** Of an id, what says when it was made: the digits that a copy's number takes the place of. */
const TIME_DIGITS = 10;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** Streams that orders share: a copy's facts of them are in a stream of its own. */
const SHARED = /^(stock|bills|account)-/;
/** In one transaction. */
const ORDERS_AT_ONCE = 10_000;
const COPIED_ROWS = "collection IN ('orders', 'order-details.1', 'order-search.1', 'workflow')";

type Cells = readonly (string | number | Uint8Array | null)[];
/** A cell as it is copied: what does not change, or what stands between the ids of a text, and the ids. */
type Pattern = string | number | Uint8Array | null | { readonly between: readonly string[]; readonly ids: readonly string[] };

/**
 * Copies the orders of a shop's file, with all that is stored of them, until there are about so many: each copy under ids of its own,
 * as if it had been there before. Seals and read models say that they have seen all of it. The file belongs to nobody meanwhile.
 */
export function multiply(file: string, orders: number, progress: (stored: number) => void): void {
  const stored = ordersIn(file);
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA synchronous = OFF");
    db.exec("PRAGMA cache_size = -1000000");
    const source = new Source(db);
    const copies = Math.max(0, Math.round((orders - stored) / source.orders));
    const atOnce = Math.ceil(ORDERS_AT_ONCE / source.orders);
    for (let done = 0; done < copies;) {
      db.exec("BEGIN");
      for (const until = Math.min(copies, done + atOnce); done < until; done++) source.copy(source.firstCopy + done);
      db.exec("COMMIT");
      progress(stored + done * source.orders);
    }
    source.catchUp();
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/** How many orders a shop's file holds. */
export function ordersIn(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(db.prepare("SELECT count(*) AS n FROM rows WHERE collection = 'orders'").get()?.["n"]);
  } finally {
    db.close();
  }
}

class Source {
  /** Copies before this one were made by others. */
  readonly firstCopy: number;
  readonly orders: number;
  private readonly db: DatabaseSync;
  private readonly tables: ReadonlyMap<string, readonly (readonly Pattern[])[]>;
  private readonly rowIndex: ReadonlyMap<number, readonly (readonly Pattern[])[]>;
  private readonly inserts = new Map<string, StatementSync>();
  /** Of the facts that are copied: their positions, from 0. */
  private readonly places: ReadonlyMap<unknown, number>;
  private position: number;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.position = this.number("SELECT max(position) FROM facts");
    const copied = db.prepare("SELECT value FROM meta WHERE name = 'copies'").get();
    this.firstCopy = Number(copied?.["value"] ?? 0) + 1;
    const own = (column: string) => `instr(${column}, '_00000') = 0`;
    this.tables = new Map([
      ["facts", this.read(`SELECT * FROM facts WHERE ${own("unit")} ORDER BY position`, 1)],
      ["work", this.read(`SELECT * FROM work WHERE ${own("unit")} ORDER BY id`, 1)],
      ["units", this.read(`SELECT * FROM units WHERE ${own("id")} ORDER BY id`, 0)],
      ["cases", this.read(`SELECT * FROM cases WHERE ${own("correlation")} ORDER BY position`, 0)],
      ["rows", this.read(`SELECT * FROM rows WHERE ${COPIED_ROWS} AND ${own("key")} ORDER BY id`, 2)],
      ["keys", this.read(`SELECT * FROM keys WHERE (key LIKE 'reservation/%' OR key LIKE 'workflow/%') AND ${own("key")}`, 0)],
      ["due", this.read(`SELECT * FROM due WHERE ${own("id")}`, 1)],
    ]);
    this.places = new Map(this.tables.get("facts")?.map(([position], at) => [position, at]));
    this.orders = this.number(`SELECT count(*) FROM rows WHERE collection = 'orders' AND ${own("key")}`);
    const entries = this.read(`SELECT * FROM row_index WHERE ${COPIED_ROWS} AND ${own("key")}`, 3);
    this.rowIndex = Map.groupBy(entries, (entry) => Number(entry[4]));
  }

  copy(copy: number): void {
    const time = timeDigits(copy);
    for (const [table, records] of this.tables) {
      if (table === "rows") continue;
      for (const record of records)
        this.insert(
          table,
          this.changed(
            table,
            record.map((cell) => rendered(cell, time)),
            copy,
          ),
        );
    }
    for (const record of this.tables.get("rows") ?? []) {
      const id = Number(record[0]);
      const [, ...cells] = record.map((cell) => rendered(cell, time));
      const added = this.insert("rows", [null, ...cells]);
      for (const entry of this.rowIndex.get(id) ?? []) {
        this.insert("row_index", [...entry.slice(0, 4).map((cell) => rendered(cell, time)), added]);
      }
    }
    this.position += this.places.size;
    this.db.prepare("INSERT OR REPLACE INTO meta VALUES ('copies', ?)").run(copy);
  }

  /** Whatever follows the log has seen it. */
  catchUp(): void {
    const [last] = this.db.prepare("SELECT key, value FROM rows WHERE collection = 'seals' ORDER BY key DESC LIMIT 1").all();
    if (!last) throw benchFailed("the shop has no seal");
    const key = String(this.position).padStart(String(last["key"]).length, "0");
    this.db
      .prepare(
        "INSERT OR IGNORE INTO rows (collection, key, revision, position, recorded_at, entries, value) VALUES ('seals', ?, 1, ?, 0, '', ?)",
      )
      .run(key, this.position, String(last["value"]));
    this.db.prepare("UPDATE keys SET value = ? WHERE key LIKE 'checkpoint/%'").run(String(this.position));
  }

  /** Positions go on, facts of shared streams are apart, records of work have numbers of their own. */
  private changed(table: string, cells: Cells, copy: number): Cells {
    const moved = (position: unknown) => this.position + 1 + (this.places.get(position) ?? 0);
    switch (table) {
      case "facts": {
        const [position, stream, ...rest] = cells;
        const name = String(stream);
        return [moved(position), SHARED.test(name) ? `${name}.${copy}` : name, ...rest];
      }
      case "work":
        return [null, ...cells.slice(1)];
      case "cases": {
        const [correlation, position, facts] = cells;
        return [correlation ?? "", moved(position), facts ?? 0];
      }
      default:
        return cells;
    }
  }

  /** Records that are an order's: what names them, in the column `name`, has an id, or belongs to all orders. */
  private read(sql: string, name: number): readonly (readonly Pattern[])[] {
    const statement = this.db.prepare(sql);
    statement.setReturnArrays(true);
    const records = (statement.all() as unknown as readonly Cells[]).map((record) => record.map(patternOf)); // set to arrays
    return records.filter(({ [name]: cell }) => typeof cell === "object" || SHARED.test(String(cell)));
  }

  private insert(table: string, cells: Cells): number {
    let statement = this.inserts.get(table);
    if (!statement) {
      statement = this.db.prepare(`INSERT INTO ${table} VALUES (${cells.map(() => "?").join(", ")})`);
      this.inserts.set(table, statement);
    }
    return Number(statement.run(...cells).lastInsertRowid);
  }

  private number(sql: string): number {
    return Number(Object.values(this.db.prepare(sql).get() ?? {})[0] ?? 0);
  }
}

function patternOf(cell: Cells[number]): Pattern {
  if (typeof cell !== "string") return cell;
  const ids = cell.match(ID);
  return ids ? { between: cell.split(ID), ids } : cell;
}

function rendered(cell: Pattern, time: string): Cells[number] {
  if (cell === null || typeof cell !== "object" || cell instanceof Uint8Array) return cell;
  const { between, ids } = cell;
  let text = between[0] ?? "";
  for (const [at, id] of ids.entries()) text += `${copied(id, time, text)}${between[at + 1] ?? ""}`;
  return text;
}

/** An id that stands the other way round has its time at its end. */
function copied(id: string, time: string, before: string): string {
  if (before.endsWith("_")) return time + id.slice(TIME_DIGITS);
  return id.slice(0, -TIME_DIGITS) + time.split("").toReversed().join("");
}

function timeDigits(copy: number): string {
  let text = "";
  for (let rest = copy; text.length < TIME_DIGITS; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  return text;
}
