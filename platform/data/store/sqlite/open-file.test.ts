import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { isAtLeast, openFile } from "./open-file.ts";
import { MIGRATIONS, pragma, type Migration } from "./schema.ts";

const NEXT: Migration = { number: MIGRATIONS.length + 1, name: "next", sql: "ALTER TABLE leases ADD COLUMN note TEXT" };

describe("opening a store's file", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "daybook-open-"));
    file = join(folder, "daybook.db");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function open(migrations?: readonly Migration[], readOnly = false): DatabaseSync {
    return openFile({ file, now: 1, readOnly, ...(migrations && { migrations }) });
  }

  /** Makes a file, and changes it by other means. */
  function changed(sql = ""): void {
    open().close();
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
  }

  function refuses(code: string, attempt: () => DatabaseSync = open): void {
    assert.throws(attempt, (error) => {
      assert.equal(errorCode(error), code, String(error));
      return true;
    });
  }

  test("makes a new one with the newest format, durable and in WAL mode", () => {
    const db = open();
    assert.equal(pragma(db, "user_version"), MIGRATIONS.length);
    assert.equal(db.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal");
    assert.equal(statSync(`${file}-wal`).size, 0, "the schema is in the file itself");
    db.close();
  });

  test("leaves the database of another program and other files as they were", () => {
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE theirs (x)");
    db.close();
    const before = readFileSync(file);
    refuses("store-foreign-file");
    assert.deepEqual(readFileSync(file), before);
    writeFileSync(file, "a letter that somebody wrote to somebody else".repeat(100));
    refuses("store-foreign-file");
    assert.deepEqual(readdirSync(folder), ["daybook.db"]);
  });

  test("refuses a newer format", () => {
    changed("PRAGMA user_version = 99");
    refuses("store-newer-format");
  });

  test("refuses a format whose steps were other ones", () => {
    changed("UPDATE migrations SET checksum = 'another' WHERE number = 1");
    refuses("store-migration-changed");
  });

  test("migrates an older format once, after putting a copy beside it", () => {
    changed("INSERT INTO leases VALUES ('l', 'a', 1, 0)");
    open([...MIGRATIONS, NEXT]).close();
    const db = open([...MIGRATIONS, NEXT]);
    assert.deepEqual({ ...db.prepare("SELECT name, note FROM leases").get() }, { name: "l", note: null });
    db.close();
    const copy = new DatabaseSync(`${file}.format-${MIGRATIONS.length}`, { readOnly: true });
    assert.equal(pragma(copy, "user_version"), MIGRATIONS.length);
    assert.equal(copy.prepare("SELECT name FROM leases").get()?.["name"], "l");
    copy.close();
  });

  test("takes the work of a file of format 1 along", () => {
    const first = open(MIGRATIONS.slice(0, 1));
    const put = first.prepare("INSERT INTO work VALUES (?, ?, 'T', 1, 'unt_1', 0, 5, 'cor_1', '{}', ?)");
    for (const [at, stream] of ["run-b", "run-a", "run-a"].entries()) put.run(stream, Math.max(1, at), `"${stream}"`);
    first.close();
    const db = open();
    const found = db.prepare("SELECT stream, version, correlation, data FROM work ORDER BY stream, version").all();
    assert.deepEqual(
      found.map((row) => Object.values(row)),
      [
        ["run-a", 1, "cor_1", '"run-a"'],
        ["run-a", 2, "cor_1", '"run-a"'],
        ["run-b", 1, "cor_1", '"run-b"'],
      ],
    );
    const again = "INSERT INTO work (stream, version, type, schema_version, unit, ordinal, recorded_at, correlation, meta, data)";
    assert.throws(() => db.exec(`${again} VALUES ('run-a', 2, 'T', 1, 'unt_2', 0, 5, 'cor_1', '{}', '1')`), /UNIQUE/);
    db.close();
  });

  test("takes back a step that fails, and leaves the file usable", () => {
    changed();
    assert.throws(() => open([...MIGRATIONS, { ...NEXT, sql: `${NEXT.sql}; SELECT nonsense` }]));
    const db = open();
    assert.equal(pragma(db, "user_version"), MIGRATIONS.length);
    assert.equal(db.prepare("SELECT * FROM pragma_table_info('leases') WHERE name = 'note'").get(), undefined);
    db.close();
  });

  test("read-only neither makes nor migrates a file", () => {
    refuses("store-io-failed", () => open(MIGRATIONS, true));
    assert.ok(!existsSync(file));
    changed();
    refuses("store-older-format", () => open([...MIGRATIONS, NEXT], true));
  });

  test("refuses a file that was cut off, and one whose pages were overwritten", () => {
    changed();
    truncateSync(file, statSync(file).size - 4_096);
    refuses("store-corrupt");
    writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 110), Buffer.alloc(60_000, 0xaa)]));
    refuses("store-corrupt");
  });

  test("compares versions by number, not by text", () => {
    assert.ok(isAtLeast("3.51.3", "3.51.3"));
    assert.ok(isAtLeast("3.100.0", "3.51.3"));
    assert.ok(isAtLeast("4.0.0", "3.51.3"));
    assert.ok(!isAtLeast("3.51.2", "3.51.3"));
    assert.ok(!isAtLeast("3.9.9", "3.51.3"));
  });
});
