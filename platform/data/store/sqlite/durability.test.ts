import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { Durability, rewriteLog } from "./durability.ts";

describe("durability of a write-ahead log", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "daybook-durability-"));
    file = join(folder, "daybook.db");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  test("lets a reader wait for the sync under way, and for nothing else", async () => {
    writeFileSync(`${file}-wal`, "frames");
    const durability = new Durability(file);
    assert.equal(durability.settled(), undefined);
    let isSynced = false;
    const sync = durability.sync().then(() => (isSynced = true));
    await durability.settled();
    assert.ok(isSynced);
    await sync;
    assert.equal(durability.settled(), undefined);
    durability.close();
  });

  test("is lost for good with one failed sync: readers under way, later readers and later syncs are refused", async () => {
    symlinkSync("/dev/null", `${file}-wal`); // the kernel refuses to sync it
    const durability = new Durability(file);
    const sync = durability.sync();
    const reader = durability.settled();
    await assert.rejects(sync, (error) => errorCode(error) === "store-io-failed");
    await assert.rejects(
      async () => reader,
      (error) => errorCode(error) === "store-stopped",
    );
    assert.throws(
      () => durability.settled(),
      (error) => errorCode(error) === "store-stopped",
    );
    await assert.rejects(durability.sync(), (error) => errorCode(error) === "store-stopped");
    assert.ok(!durability.isSound);
    durability.close();
  });

  test("a log that is written once more keeps its bytes", () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, "frame ");
    writeFileSync(`${file}-wal`, bytes);
    rewriteLog(file);
    assert.ok(readFileSync(`${file}-wal`).equals(bytes));
    rewriteLog(join(folder, "missing.db"));
  });
});
