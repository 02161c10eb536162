import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Store } from "@daybook/data/store";
import { postgresStore } from "@daybook/data/store/postgres";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import postgres from "postgres";
import { z } from "zod";
import { startPostgres } from "../../tools/engines/postgres.ts";
import { say, Stage } from "./conformance/programs.ts";
import { CAUSE } from "./conformance/trial.ts";
import { workflow } from "./definition.ts";
import { WorkflowEngine } from "./engine.ts";
import { SHARDS, shardOf } from "./worker/run-stream.ts";

const { url } = await startPostgres();
const schema = `sharing_${process.pid}`;
const stores: Store[] = [];

after(async () => {
  for (const store of stores) await store.close();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop schema "${schema}" cascade`);
  await sql.end();
});

/** Waits and says something, a hundred times. */
const busy = workflow({
  name: "busy",
  input: z.null(),
  output: z.string(),
  run: async (ctx) => {
    for (let n = 0; n < 100; n++) {
      await ctx.step(say, "on");
      await ctx.sleep(100);
    }
    return "done";
  },
});

/** As another process would: with a store of its own. */
async function started(owner: string, said: Map<number, string>): Promise<WorkflowEngine> {
  const store = await postgresStore({ url, schema });
  stores.push(store);
  const random = systemRandom();
  const stage = new Stage().on("on", (word, { workflowId }) => {
    said.set(shardOf(workflowId), owner);
    return word;
  });
  const common = { store, clock: systemClock, random, ids: idSource(systemClock, random) };
  return new WorkflowEngine({ ...common, owner, workflows: [busy], steps: stage.steps, tuning: { leaseMs: 3_000 } });
}

async function shared(said: Map<number, string>, expected: Readonly<Record<string, number>>): Promise<void> {
  for (let look = 0; look < 100; look++) {
    said.clear();
    await setTimeout(400);
    const shares: Record<string, number> = {};
    for (const owner of said.values()) shares[owner] = (shares[owner] ?? 0) + 1;
    const owners = [...new Set([...Object.keys(shares), ...Object.keys(expected)])];
    if (owners.every((owner) => shares[owner] === expected[owner])) return;
  }
  assert.fail(`not shared as ${JSON.stringify(expected)}: ${JSON.stringify([...said])}`);
}

function idIn(shard: number): string {
  for (let n = 0; ; n++) if (shardOf(`r${n}`) === shard) return `r${n}`;
}

test("two processes on one database share the shards, each step under one of them, and one takes all when the other stops", async () => {
  const said = new Map<number, string>();
  const a = await started("a", said);
  const ids = Array.from({ length: SHARDS }, (_, shard) => idIn(shard));
  await Promise.all(ids.map((id) => a.start(busy, { id, input: null, cause: CAUSE })));
  await shared(said, { a: 16 });
  const b = await started("b", said);
  await shared(said, { a: 8, b: 8 });
  await a.stop();
  await shared(said, { b: 16 });
  await Promise.all(ids.map((id) => b.result(busy, id)));
  const histories = await Promise.all(ids.map((id) => b.history(id)));
  for (const { entries } of histories) {
    assert.equal(entries.filter(({ kind }) => kind === "retry").length, 0, "no attempt was lost");
    assert.equal(entries.filter(({ kind }) => kind === "done").length, 100);
  }
  await b.stop();
});
