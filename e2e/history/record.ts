/**
 * Records a history of concurrent clients and judges it:
 *   node e2e/history/record.ts --store memory|sqlite|postgres://… [--clients 8] [--operations 200] [--streams 8] [--seed 1] [--out FILE]
 * or judges one recorded before: node e2e/history/record.ts --check FILE
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { systemClock } from "@daybook/kernel/clock";
import { checkHistory } from "./checker.ts";
import { fromLines, toLines, type HistoryEntry } from "./history.ts";
import { openStores } from "./open-stores.ts";
import { recordHistory } from "./recorder.ts";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "memory" },
    clients: { type: "string", default: "8" },
    operations: { type: "string", default: "200" },
    streams: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
    check: { type: "string" },
  },
});

async function record(): Promise<readonly HistoryEntry[]> {
  const { stores, close } = await openStores(values.store);
  try {
    const { clients, operations, streams, seed } = values;
    return await recordHistory({
      stores,
      clock: systemClock,
      clients: Number(clients),
      operations: Number(operations),
      streams: Number(streams),
      seed: Number(seed),
    });
  } finally {
    await close();
  }
}

const entries = values.check === undefined ? await record() : fromLines(await readFile(values.check, "utf8"));
if (values.out !== undefined) await writeFile(values.out, toLines(entries));
const report = checkHistory(entries, { okMin: entries.length / 8 });
console.log(`ok ${report.counts.ok}, fail ${report.counts.fail}, info ${report.counts.info}; ${report.streams} streams`);
for (const violation of report.violations) console.error(violation);
process.exitCode = report.violations.length === 0 ? 0 : 1;
