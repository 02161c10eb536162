import { parseArgs } from "node:util";
import { postgresStore } from "@daybook/data/store/postgres";
import { messageOf } from "@daybook/kernel/errors";
import { benchFailed } from "../errors.ts";
import { percentile } from "../report.ts";
import { factSource, unitOf } from "../workload.ts";
import type { WriterAnswer, WriterResult, WriterTask } from "./writer-process.ts";

/** `writer.ts JSON`, forked by writer-process.ts: commits units to a log that others write to, a round for each message. */
const { url, schema, callers, seed } = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0] ?? "") as WriterTask; // written there
const store = await postgresStore({ url, schema });
const fact = factSource("fresh", seed);

process.on("message", (roundMs: number) => void round(roundMs));
answer({});

async function round(roundMs: number): Promise<void> {
  try {
    answer({ result: await committing(roundMs) });
  } catch (error) {
    answer({ failed: messageOf(error) });
  }
}

async function committing(roundMs: number): Promise<WriterResult> {
  const waits: number[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  const call = async () => {
    for (let at = performance.now(); at - started < roundMs; at = performance.now()) {
      const { outcome } = await store.commit(unitOf(fact(), true));
      if (outcome !== "committed") throw benchFailed(`a unit was ${outcome}`);
      waits.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (waits.length / (performance.now() - started)) * 1_000;
  return { count: waits.length, perSecond, cpuMicros: user + system, p99Ms: percentile(waits, 0.99), maxMs: Math.max(...waits) };
}

function answer(text: WriterAnswer): void {
  process.send?.(text);
}
