import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { committed, event, facts, putKey, putRow, rejectsWith, unit, work } from "../conformance/trial.ts";
import type { Store } from "../port.ts";
import { sqliteStore, type SqliteEngineOptions } from "./sqlite-store.ts";

describe("the SQLite store beside its contract", () => {
  let folder: string;
  let file: string;
  const stores: Store[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "daybook-sqlite-"));
    file = join(folder, "daybook.db");
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  async function open(options: Partial<SqliteEngineOptions> = {}): Promise<Store> {
    const store = await sqliteStore({ file, ...options });
    stores.push(store);
    return store;
  }

  /** One number from the file, read by another connection. */
  function inFile(sql: string): number {
    const db = new DatabaseSync(file, { readOnly: true });
    const found = Number(Object.values(db.prepare(sql).get() ?? {})[0]);
    db.close();
    return found;
  }

  test("has one writer a file", async () => {
    await open();
    await rejectsWith("data-folder-locked", open());
  });

  test("can be read beside its owner, and then takes no commits", async () => {
    const owner = await open();
    await committed(owner, unit("unt_1", { do: [facts("order-1", 2)] }));
    const reader = await open({ readOnly: true });
    assert.equal((await reader.head()).position, 2);
    await committed(owner, unit("unt_2", { do: [facts("order-2")] }));
    assert.deepEqual(await reader.readStream("order-2"), await owner.readStream("order-2"));
    assert.deepEqual(await reader.check(), []);
    await rejectsWith("store-read-only", reader.commit(unit("unt_3", { do: [facts("order-3")] })));
    assert.equal(reader.status().state, "accepting", "nothing is wrong with it");
    assert.equal((await owner.head()).position, 3);
  });

  test("keeps the write-ahead log short while commits go on", async () => {
    const store = await open({ checkpointBytes: 256 * 1024 });
    const data = JSON.stringify("x".repeat(1_000));
    // Some thirty megabytes in all: half of it leaves room for a checkpointer that gets little of a busy processor.
    for (let n = 0; n < 1_000; n++) {
      const effects = [1, 2, 3, 4].map(
        (m) => ({ kind: "append", stream: `order-${n}-${m}`, events: [event("Placed", data)] }) as const,
      );
      await Promise.all(effects.map((effect, m) => committed(store, unit(`unt_${n}_${m}`, { do: [effect] }))));
    }
    assert.ok(statSync(`${file}-wal`).size < 16 * 1024 * 1024, `the log has ${statSync(`${file}-wal`).size} bytes`);
    assert.equal((await store.head()).position, 4_000);
    assert.deepEqual(await store.check(), []);
  });

  test("removes keys some time after they ran out", async () => {
    const clock = virtualClock();
    const store = await open({ clock });
    const expiresAt = clock.now() + 1_000;
    await committed(
      store,
      unit("unt_1", { do: [1, 2, 3].map((n) => ({ kind: "putKey", key: `k${n}`, value: "1", expiresAt }) as const) }),
    );
    clock.advance(30_000);
    await committed(store, unit("unt_2", { do: [putKey("other")] }));
    assert.equal(inFile("SELECT count(*) FROM keys"), 4);
    clock.advance(60_000);
    await committed(store, unit("unt_3", { do: [putKey("other")] }));
    assert.equal(inFile("SELECT count(*) FROM keys"), 1);
  });

  test("removes more keys than come in: with every batch as long as there are any", async () => {
    const clock = virtualClock();
    const store = await open({ clock });
    const expiresAt = clock.now() + 1_000;
    const put = (n: number) => ({ kind: "putKey", key: `k${n}`, value: "1", expiresAt }) as const;
    await committed(store, unit("unt_1", { do: Array.from({ length: 900 }, (_, n) => put(n)) }));
    clock.advance(120_000);
    for (let n = 0; n < 10; n++) await committed(store, unit(`unt_2_${n}`, { do: [putKey("other")] }));
    assert.equal(inFile("SELECT count(*) FROM keys"), 1);
  });

  test("keeps no index entries of rows that are gone", async () => {
    const store = await open();
    await committed(store, unit("unt_1", { do: [putRow("things", "a", { by: ["x", "y", "x"] })] }));
    await committed(store, unit("unt_2", { do: [putRow("things", "a", { by: ["y", "z"] })] }));
    assert.equal(inFile("SELECT count(*) FROM row_index"), 2);
    await committed(store, unit("unt_3", { do: [{ kind: "deleteRow", collection: "things", key: "a" }] }));
    assert.equal(inFile("SELECT count(*) FROM row_index"), 0);
  });

  test("never lets the time of recording fall, also after a unit without facts and a restart", async () => {
    const clock = virtualClock();
    const first = await open({ clock });
    clock.advance(10_000);
    const before = await committed(first, unit("unt_1", { do: [putKey("k")] }));
    await first.close();
    clock.jump(-60_000);
    const after = await committed(await open({ clock }), unit("unt_2", { do: [facts("order-1")] }));
    assert.equal(after.recordedAt, before.recordedAt);
  });

  test("sees what another connection wrote behind its back", async () => {
    const store = await open();
    await committed(store, unit("unt_1", { do: [facts("order-1", 2), work("job-1", 1)] }));
    const db = new DatabaseSync(file);
    db.exec("DELETE FROM facts WHERE position = 2; UPDATE cases SET facts = 1; DELETE FROM work");
    db.close();
    const verdict = await committed(store, unit("unt_2", { do: [facts("order-1"), work("job-1")] }));
    assert.deepEqual([verdict.position, ...verdict.versions], [2, 2, 1]);
    assert.deepEqual(await store.check(), []);
  });

  test("knows units and streams whose names do not rise", async () => {
    const names = ["m", "a", "z", "ü", "\u{1F600}", "b", "~"];
    for (const round of [2, 1, 3]) {
      const store = await open();
      for (const name of names) {
        const before = await store.streamVersion(`order-${name}`);
        const fresh = unit(`unt_${round}_${name}`, { do: [facts(`order-${name}`)] });
        assert.deepEqual((await committed(store, fresh)).versions, [before + 1], name);
        assert.ok((await committed(store, fresh)).isRepeated, name);
      }
      for (const name of names) assert.ok((await committed(store, unit(`unt_2_${name}`))).isRepeated, name);
      await store.close();
    }
    assert.equal(inFile("SELECT max(version) FROM facts"), 3);
  });

  test("finds what is wrong with a file", async () => {
    const store = await open();
    await committed(store, unit("unt_1", { do: [facts("order-1", 3), putRow("things", "a", { by: ["x"] })] }));
    assert.deepEqual(await store.check(), []);
    const db = new DatabaseSync(file);
    db.exec("DELETE FROM facts WHERE position = 2; DELETE FROM rows");
    db.close();
    assert.equal((await store.check()).length, 4);
  });

  test("is not stopped by a unit with a broken number", async () => {
    const store = await open();
    for (const broken of [0.5, NaN, Infinity, 2 ** 60]) {
      const key = { kind: "putKey", key: "k", value: "1", expiresAt: broken } as const;
      await rejectsWith("unit-invalid", store.commit(unit("unt_1", { do: [key] })));
      const append = { kind: "append", stream: "order-1", events: [{ ...event(), schemaVersion: broken }] } as const;
      await rejectsWith("unit-invalid", store.commit(unit("unt_1", { do: [append] })));
    }
    await committed(store, unit("unt_1", { do: [facts("order-1")] }));
  });

  test("stops when SQLite refuses a batch, and says that nothing happened", async () => {
    const store = await open();
    const db = new DatabaseSync(file);
    db.exec("CREATE TRIGGER broken BEFORE INSERT ON keys BEGIN SELECT raise(ABORT, 'no'); END");
    db.close();
    await rejectsWith("store-stopped", store.commit(unit("unt_1", { do: [facts("order-1"), putKey("k")] })));
    assert.equal(store.status().state, "stopped");
    assert.equal((await store.head()).position, 0);
    assert.equal(await store.outcome("unt_1"), undefined);
  });
});
