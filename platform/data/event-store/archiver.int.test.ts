import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import postgres from "postgres";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import type { Store } from "@daybook/data/store";
import { archivedStore } from "@daybook/data/store/archive/archived-store";
import { postgresStore } from "@daybook/data/store/postgres";
import { postgresFactRemoval } from "@daybook/data/store/postgres/fact-removal";
import { segmentFolder } from "@daybook/data/store/sqlite/segment-folder";
import { startPostgres } from "../../../tools/engines/postgres.ts";
import { archive } from "./archiver.ts";
import { sealPending } from "./seal.ts";

const { url } = await startPostgres();
const schema = `archiver_${process.pid}`;
const GRACE_MS = 300;

test("on PostgreSQL facts are removed some time after their segment was recorded, and are read as before", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-archiver-"));
  const ids = idSource(systemClock, seededRandom(1));
  const hot = await postgresStore({ url, schema });
  const store = await archivedStore({ hot, place: segmentFolder(folder), clock: systemClock });
  t.after(async () => {
    await store.close();
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(`drop schema "${schema}" cascade`);
    await sql.end();
    await rm(folder, { recursive: true });
  });
  const parts = { store, clock: systemClock, ids, owner: "one" };
  for (let n = 0; n < 40; n++) {
    await add(store, ids("unt"), n);
    if (n % 10 === 9) await sealPending(parts, { isFinal: true });
  }
  const before = await told(store);
  const recorded: number[] = [];
  const openRemoval = async () => {
    const { rows } = await hot.listRows({ collection: "segments" });
    recorded.push((await hot.now()) - (rows.at(-1)?.recordedAt ?? 0));
    return postgresFactRemoval({ url, schema });
  };
  const rule = { ageMs: 0, factsLeast: 1, factsMax: 50 };
  assert.deepEqual(await archive({ ...parts, openRemoval, rule, graceMs: GRACE_MS }), { segments: 2, archived: 60, removed: 60 });
  assert.deepEqual(await readdir(folder), ["1-40.db", "41-60.db"]);
  assert.ok(recorded.length === 2 && recorded.every((ms) => ms >= GRACE_MS), String(recorded));
  assert.deepEqual(await told(store), before);
  assert.deepEqual(await store.check(), []);
  const left = (await hot.readLog({ after: 0 })).events;
  assert.equal(left.filter(({ data }) => data !== "").length, 20, "the last seal's facts stay");
});

async function add(store: Store, id: string, n: number): Promise<void> {
  const event = { type: "Counted", schemaVersion: 1, data: `{"n":${n}}` };
  const cause = { correlation: `cor_${n % 3}`, actor: "usr_1", tenant: "shop" };
  const append = { kind: "append", stream: `order-${n % 7}`, events: [event, event] } as const;
  await store.commit({ id, cause, conditions: [], effects: [append] });
}

async function told(store: Store): Promise<unknown> {
  const streams = await Promise.all(Array.from({ length: 7 }, (_, n) => store.readStream(`order-${n}`)));
  const cases = await Promise.all(Array.from({ length: 3 }, (_, n) => store.readCorrelation(`cor_${n}`)));
  return { streams, cases, log: await store.readLog({ after: 0 }), digests: await store.readDigests({}) };
}
