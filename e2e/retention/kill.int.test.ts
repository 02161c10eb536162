import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { below, seededRandom } from "@daybook/kernel/random";
import { fillLog, openLog, toldOf } from "./archived-log.ts";

/** It takes some 150 ms to a file. */
const LATEST_MS = 120;
const KILLS = 15;

test("killed at one moment after another, archiving goes on, and nobody is told anything else", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-archive-kill-"));
  t.after(() => rm(folder, { recursive: true }));
  const random = seededRandom(1);
  const look = async () => {
    const store = await openLog(folder);
    const told = await toldOf(store);
    assert.deepEqual(await store.check(), []);
    await store.close();
    return told;
  };
  const filled = await openLog(folder);
  await fillLog(filled);
  await filled.close();
  const before = await look();
  let kills = 0;
  for (let n = 0; n < KILLS; n++) {
    if ((await archivedUntil(folder, below(random, LATEST_MS))) !== null) kills++;
    assert.equal(await look(), before, `after ${n + 1} runs`);
  }
  assert.ok(kills >= KILLS / 2, `killed ${kills} times`);
  assert.equal(await archivedUntil(folder, undefined), null, "then it comes to its end");
  assert.equal(await look(), before);
  assert.deepEqual(readdirSync(join(folder, "cold")).sort(), ["1-3000.db", "3001-6000.db", "6001-8000.db"]);
});

/** Archives in a process of its own, which is killed some time after it has begun; answers the signal that ended it. */
async function archivedUntil(folder: string, ms: number | undefined): Promise<string | null> {
  const child = fork(join(import.meta.dirname, "archive-process.ts"), [folder]);
  const end = once(child, "exit");
  if (ms !== undefined) {
    await once(child, "message");
    await setTimeout(ms);
    child.kill("SIGKILL");
  }
  const [code, signal] = (await end) as [number | null, string | null]; // as node tells an exit
  assert.ok(signal === "SIGKILL" || code === 0, `it ended with ${String(code)} ${String(signal)}`);
  return signal;
}
