import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { z } from "zod";
import { say, Stage, withPolicy } from "./conformance/programs.ts";
import { CAUSE, Trial, type TestEngine } from "./conformance/trial.ts";
import { workflowClient } from "./client.ts";
import { workflow } from "./definition.ts";
import { SHARDS, shardOf, shardQueue } from "./worker/run-stream.ts";

const once = withPolicy({ attemptsMax: 1 });

/** Says "on" without end: a run that is always under way. */
const endless = workflow({
  name: "endless",
  input: z.null(),
  output: z.null(),
  run: async (ctx) => {
    for (;;) await ctx.step(once, "on");
  },
});

/** Processes on one store, and which of them have said something of which shard since they were last asked. */
class Processes {
  readonly clock = virtualClock();
  readonly trial: Trial;
  private readonly said = new Map<string, Set<number>>();

  constructor() {
    const memory = memoryStore({ clock: this.clock });
    const store = { ...memory, capabilities: { ...memory.capabilities, isShared: true }, opening: undefined };
    this.trial = new Trial({ store, destroy: () => store.close() }, this.clock);
  }

  start(owner: string, stepMs = 100, contract: typeof say = once): TestEngine {
    const stage = new Stage().on("on", (word, { workflowId, signal }) => {
      this.said.set(owner, (this.said.get(owner) ?? new Set()).add(shardOf(workflowId)));
      return this.trial.after(stepMs, signal, word);
    });
    const steps = stage.steps.map((each) => (each.contract.name === "say" ? { ...each, contract } : each));
    return this.trial.engine({ workflows: [endless], steps }, owner);
  }

  /** A run in each shard. */
  async runEverywhere({ engine }: TestEngine): Promise<void> {
    const ids = Array.from({ length: SHARDS }, (_, shard) => idIn(shard));
    await this.trial.until(Promise.all(ids.map((id) => engine.start(endless, { id, input: null, cause: CAUSE }))));
  }

  /** How many shards each process works on within the next `ms`, after `restMs`. */
  async shares(restMs: number, ms = 1_000): Promise<Readonly<Record<string, number>>> {
    await this.trial.pass(restMs);
    this.said.clear();
    await this.trial.pass(ms);
    return Object.fromEntries([...this.said].map(([owner, shards]) => [owner, shards.size]));
  }

  /** No step failed: neither lost with a process, nor given up. */
  async assertNothingLost({ engine }: TestEngine): Promise<void> {
    for (let shard = 0; shard < SHARDS; shard++) {
      const info = await engine.get(idIn(shard));
      assert.deepEqual([info?.status, info?.attention], ["running", undefined], JSON.stringify(info));
    }
  }
}

function idIn(shard: number): string {
  for (let n = 0; ; n++) if (shardOf(`r${n}`) === shard) return `r${n}`;
}

test("processes share the shards evenly: who comes has its part within seconds, who stops gives its up at once", async () => {
  const processes = new Processes();
  const { trial } = processes;
  const a = processes.start("a");
  await processes.runEverywhere(a);
  assert.deepEqual(await processes.shares(3_000), { a: 16 });
  const b = processes.start("b");
  assert.deepEqual(await processes.shares(7_000), { a: 8, b: 8 });
  const c = processes.start("c");
  assert.deepEqual(await processes.shares(7_000), { a: 6, b: 5, c: 5 });
  await trial.until(b.engine.stop());
  assert.deepEqual(await processes.shares(7_000), { a: 8, c: 8 });
  await trial.until(a.engine.stop());
  assert.deepEqual(await processes.shares(7_000), { c: 16 });
  await processes.assertNothingLost(c);
  await trial.destroy();
});

test("what a process works on that is killed goes to the others when its leases have run out", async () => {
  const processes = new Processes();
  const a = processes.start("a", 100, say);
  processes.start("b", 100, say);
  await processes.runEverywhere(a);
  assert.deepEqual(await processes.shares(7_000), { a: 8, b: 8 });
  a.kill();
  assert.deepEqual(await processes.shares(10_000), { b: 8 });
  assert.deepEqual(await processes.shares(25_000), { b: 16 });
  await processes.trial.destroy();
});

test("a shard goes to another process with its steps done, or given up without an attempt when they take too long", async () => {
  const processes = new Processes();
  const a = processes.start("a", 8_000);
  await processes.runEverywhere(a);
  assert.deepEqual(await processes.shares(100, 9_000), { a: 16 });
  processes.start("b");
  const { a: left = 0, b: taken = 0 } = await processes.shares(20_000, 9_000);
  assert.deepEqual([left, taken], [8, 8]);
  await processes.assertNothingLost(a);
  await processes.trial.destroy();
});

test("no more processes than shards work, the next one stands by until one stops", async () => {
  const processes = new Processes();
  const engines = Array.from({ length: SHARDS + 1 }, (_, n) => processes.start(`p${String(n).padStart(2, "0")}`));
  const [first] = engines;
  assert.ok(first);
  await processes.runEverywhere(first);
  const shares = await processes.shares(7_000);
  assert.deepEqual([Object.keys(shares).length, Math.max(...Object.values(shares))], [16, 1]);
  await processes.trial.until(first.engine.stop());
  const after = await processes.shares(7_000);
  assert.deepEqual([Object.keys(after).length, after["p00"], after["p16"]], [16, undefined, 1]);
  await processes.trial.destroy();
});

test("an idle process writes nothing but that it is there, and where one process owns the store not even that", async () => {
  const processes = new Processes();
  const { trial } = processes;
  processes.start("a");
  await trial.pass(60_000);
  assert.deepEqual(await trial.store.listNames("lease"), ["workflow/main/worker-0"]);
  assert.equal(await trial.store.getLease(shardQueue("main", 0)), undefined);
  await trial.destroy();
  const alone = new Trial({ store: memoryStore(), destroy: () => Promise.resolve() });
  alone.engine({ workflows: [endless], steps: [] });
  await alone.pass(60_000);
  assert.deepEqual(await alone.store.listNames("lease"), []);
  await alone.destroy();
});

test("who asks something of a run is told at once when no process is there to do it, and waits while one is", async () => {
  const processes = new Processes();
  const { trial, clock } = processes;
  const random = seededRandom(5);
  const client = workflowClient({ store: trial.store, clock, random, ids: idSource(clock, random) });
  const a = processes.start("a");
  await processes.runEverywhere(a);
  const id = idIn(3);
  assert.equal(await trial.until(client.pause(id, "look")), undefined);
  await trial.until(a.engine.stop());
  const from = clock.elapsed();
  const pending: unknown = await trial.until(client.resume(id).catch((error: unknown) => error));
  assert.match(String(pending), /recorded, and done later: no process carries out runs of main now/);
  assert.equal(clock.elapsed() - from < 100, true);
  processes.start("b");
  await trial.pass(1_000);
  assert.equal((await client.get(id))?.status, "running", "it was recorded");
  await trial.destroy();
});
