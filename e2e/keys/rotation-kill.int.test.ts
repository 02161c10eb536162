import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { soleMasterKey } from "@daybook/data/event-store/master-keys";
import { subjectKeys } from "@daybook/data/event-store/subject-keys";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { FILES, openShop, SYSTEM_CONTEXT } from "@daybook/shop/shop";
import { daybook, startDaybook } from "../import/daybook.ts";

const SUBJECTS = Array.from({ length: 20_000 }, (_, n) => `cus_${n}`);

/** A shop with many subjects' keys; answers the keys. */
async function shopOfMany(data: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const shop = await openShop({ data });
  await shop.catalogue.seed(SYSTEM_CONTEXT);
  const keys = await shop.events.keys.ensure(SUBJECTS);
  await shop.close();
  return keys;
}

/** The keys as an independent reader opens them, under the one master key that is left. */
async function keysUnder(data: string): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const store = await sqliteStore({ file: join(data, FILES.keys), readOnly: true });
  const master = soleMasterKey(await readFile(join(data, FILES.masterKey)));
  const keys = subjectKeys(store, master, idSource(systemClock, systemRandom()), { cacheMax: 1 });
  const found = await Promise.all(SUBJECTS.map(async (subject) => [subject, await keys.get(subject)] as const));
  await store.close();
  return new Map(found);
}

/** Kills the program as soon as the next key's file is there, and a while after. */
async function killed(data: string, afterMs: number): Promise<boolean> {
  const { child, ended } = startDaybook(["keys", "rotate", "--data", data, "--yes", "--json", "--quiet"]);
  while (child.exitCode === null && !existsSync(join(data, FILES.nextMasterKey))) await setTimeout(1);
  await setTimeout(afterMs);
  child.kill("SIGKILL");
  return (await ended).signal === "SIGKILL";
}

void test("an exchange of the master key that is killed again and again keeps every key, and is ended by the last run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-rotation-"));
  const data = join(folder, "data");
  try {
    const before = await shopOfMany(data);
    const master = await readFile(join(data, FILES.masterKey));
    let kills = 0;
    for (const afterMs of [0, 10, 40, 80, 120]) {
      if (await killed(data, afterMs)) kills++;
      const verified = await daybook("verify", "--data", data, "--json");
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    }
    assert.ok(kills >= 2, "it was killed on its way");
    const done = await daybook("keys", "rotate", "--data", data, "--yes", "--json", "--quiet");
    assert.equal(done.code, 0, done.stderr);
    assert.equal(JSON.parse(done.stdout).state, "rotated");
    assert.ok(!existsSync(join(data, FILES.nextMasterKey)));
    assert.notDeepEqual(await readFile(join(data, FILES.masterKey)), master);
    assert.deepEqual(await keysUnder(data), before);
  } finally {
    await rm(folder, { recursive: true });
  }
});
