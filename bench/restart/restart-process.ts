import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Store } from "@daybook/data/store";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { systemClock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { step, workflow } from "@daybook/workflow/definition";
import { WorkflowEngine } from "@daybook/workflow/engine";
import { implement } from "@daybook/workflow/implement";
import { z } from "zod";
import { benchFailed } from "../errors.ts";
import { madeStreams, writeStreams } from "../read/stored-streams.ts";
import type { RestartAnswer, RestartTask } from "./restart.ts";

/** `restart-process.ts JSON`, forked by waiting.ts, and killed by it once it has answered. */
const task = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0] ?? "") as RestartTask; // written there

const CALLERS = 256;
const WARM_UP = 5_000;
const STREAM_EVENTS = 100;

const add = step({ name: "add", input: z.number(), output: z.number() });

/** A step, then a wait for a signal or, for half of them, some time: whichever comes first. */
const waits = workflow({
  name: "waits",
  input: z.number(),
  output: z.number(),
  messages: { signals: { go: z.null() } },
  run: async (ctx, start) => {
    const first = await ctx.step(add, start);
    const waitForSignal = (branch: Pick<typeof ctx, "signal">) => branch.signal("go");
    if (start % 2 === 0) await waitForSignal(ctx);
    else await ctx.race([waitForSignal, (branch) => branch.sleep(86_400_000).then(() => null)]);
    return ctx.step(add, first);
  },
});

const random = systemRandom();
const ids = idSource(systemClock, random);
const cause = { correlation: "req_bench", actor: "sys_bench", tenant: "main", source: "bench" };

try {
  const store = await sqliteStore({ file: task.file });
  if (task.does === "fill") await writeEvents(store);
  const steps = [implement(add, (number) => number + 1)];
  const engine = new WorkflowEngine({ store, clock: systemClock, ids, random, owner: "bench", workflows: [waits], steps });
  answer(task.does === "fill" ? await fill(engine) : await goOn(engine));
} catch (error) {
  answer({ failed: messageOf(error) });
}

async function writeEvents(store: Store): Promise<void> {
  const perTurn = 1_000;
  for (let left = task.events / STREAM_EVENTS; left > 0; left -= perTurn) {
    await writeStreams(store, madeStreams(Math.min(perTurn, left), STREAM_EVENTS));
  }
}

async function fill(engine: WorkflowEngine): Promise<RestartAnswer> {
  await startRuns(engine, "warm", WARM_UP);
  const before = await memory(engine);
  await startRuns(engine, "run", task.runs);
  const after = await memory(engine);
  const perRun = (of: "rss" | "heapUsed") => (after[of] - before[of]) / task.runs;
  return { rssBytesPerRun: perRun("rss"), heapBytesPerRun: perRun("heapUsed") };
}

async function startRuns(engine: WorkflowEngine, prefix: string, count: number): Promise<void> {
  let next = 0;
  const call = async () => {
    for (let n = next++; n < count; n = next++) await engine.start(waits, { id: idOf(prefix, n), input: n, cause });
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
}

function idOf(prefix: string, number: number): string {
  return `${prefix}_${String(number).padStart(7, "0")}`;
}

async function memory(engine: WorkflowEngine): Promise<NodeJS.MemoryUsage> {
  while (engine.runsInMemory > 0) await pause(20);
  await pause(500);
  if (!globalThis.gc) throw benchFailed("the process has --expose-gc");
  for (let times = 0; times < 4; times++) globalThis.gc();
  return process.memoryUsage();
}

/** Ready: a run that waited before the kill goes on to its end, and a new one begins. */
async function goOn(engine: WorkflowEngine): Promise<RestartAnswer> {
  const waiting = idOf("run", task.life * 997);
  await engine.signal(waits, waiting, "go", null);
  const given = await engine.result(waits, waiting);
  if (given !== task.life * 997 + 2) throw benchFailed(`the run gave ${given}`);
  await engine.start(waits, { id: ids("run"), input: 0, cause });
  return { readyMs: performance.now() }; // counts from the start of the process
}

function answer(message: RestartAnswer): void {
  process.send?.(message);
}
