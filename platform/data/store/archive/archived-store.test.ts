import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { seededRandom, type Random } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { storeConformance } from "../conformance.ts";
import { storeModelConformance } from "../conformance-model.ts";
import { committed, facts, unit } from "../conformance/trial.ts";
import { emptyState } from "../memory/state.ts";
import { memoryFactRemoval } from "../memory/fact-removal.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { sqliteFactRemoval } from "../sqlite/fact-removal.ts";
import { segmentFolder } from "../sqlite/segment-folder.ts";
import { sqliteStore } from "../sqlite/sqlite-store.ts";
import { archivedStore } from "./archived-store.ts";
import { archiving } from "./archiving-trial.ts";

async function openSqlite(random: Random) {
  const clock = virtualClock();
  const folder = await mkdtemp(join(tmpdir(), "daybook-archived-"));
  const file = join(folder, "daybook.db");
  const place = segmentFolder(join(folder, "cold"));
  const open = async () =>
    archiving({
      store: await archivedStore({ hot: await sqliteStore({ file, clock }), place, clock }),
      removal: sqliteFactRemoval(file),
      random,
    });
  let store = await open();
  return {
    file,
    store,
    advance: (ms: number) => clock.advance(ms),
    reopen: async () => {
      await store.close();
      return (store = await open());
    },
    destroy: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openMemory(random: Random) {
  const clock = virtualClock();
  const folder = await mkdtemp(join(tmpdir(), "daybook-archived-"));
  const state = emptyState();
  const hot = memoryStore({ clock, state });
  const place = segmentFolder(join(folder, "cold"));
  const store = archiving({ store: await archivedStore({ hot, place, clock }), removal: memoryFactRemoval(state), random });
  return {
    store,
    advance: (ms: number) => clock.advance(ms),
    destroy: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

let seed = 1;
const random = () => seededRandom(seed++);
storeConformance("the SQLite store with an archive", () => openSqlite(random()));
storeModelConformance("the SQLite store with an archive", () => openSqlite(random()), { runs: 60 });
storeConformance("the memory store with an archive", () => openMemory(random()));
storeModelConformance("the memory store with an archive", () => openMemory(random()), { runs: 60 });

test("of a stream that goes on after its end was archived, and is archived on, one marker stays", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-archived-"));
  const file = join(folder, "daybook.db");
  const [store, removal] = [await sqliteStore({ file }), sqliteFactRemoval(file)];
  await committed(store, unit("u1", { do: [facts("order-1", 2)] }));
  await removal.remove(1, 2);
  await committed(store, unit("u2", { do: [facts("order-1", 2), facts("order-2", 1)] }));
  await removal.remove(1, 4);
  const left = await store.readStream("order-1");
  assert.deepEqual(
    left.map(({ version, data }) => [version, data]),
    [[4, ""]],
  );
  assert.equal(await store.streamVersion("order-1"), 4);
  await removal.close();
  await store.close();
  await rm(folder, { recursive: true });
});

test("what the conformance suite is run on is archived indeed", async () => {
  const trial = await openSqlite(seededRandom(1));
  for (let n = 0; n < 30; n++) await committed(trial.store, unit(`u${n}`, { do: [facts(`order-${n % 3}`, 4)] }));
  assert.ok(trial.store.archived() >= 3);
  const db = new DatabaseSync(trial.file, { readOnly: true });
  const { real, all } = db.prepare("SELECT count(*) FILTER (WHERE data <> '') AS real, count(*) AS 'all' FROM facts").get() ?? {};
  db.close();
  assert.ok(Number(real) < 120 && Number(all) <= Number(real) + 3, `${String(real)} facts and a marker a stream are left`);
  assert.deepEqual(await trial.store.check(), []);
  await trial.destroy();
});
