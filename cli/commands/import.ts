import { loadMapping } from "@daybook/shop-import/mapping";
import { importOrders } from "@daybook/shop-import/service";
import type { ImportReport, OrderSink } from "@daybook/shop-import/contract";
import { connect } from "../connection/connect.ts";
import { latestPosition, waitShown } from "../connection/wait-shown.ts";
import { remoteSink } from "../import-sink.ts";
import { ImportMeter } from "../import-meter.ts";
import { interrupted, usageInvalid } from "../errors.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS } from "../shell/flags.ts";

const CONCURRENCY = 64;

export const importOrdersCommand: Command = {
  noun: "import",
  verb: "orders",
  summary: "Place the orders of a CSV file; run again, it goes on where it stopped",
  details:
    "Rows with one number are one order. What is no order is listed with the reason and imports nothing. An order that the\n" +
    "store has already is not placed twice. The mapping says what the columns mean: docs/import.md.",
  operands: [{ name: "FILE", summary: "the CSV file" }],
  flags: [
    { name: "mapping", value: "FILE", summary: "What the columns mean, as JSON" },
    { name: "concurrency", value: "N", summary: `Orders under way at once (${CONCURRENCY})`, range: [1, 1_000] },
    ...CONNECTION,
    FLAGS.wait,
    FLAGS.dryRun,
    FLAGS.json,
    FLAGS.quiet,
    FLAGS.logLevel,
  ],
  examples: ["daybook import orders lines.csv --mapping shop/import/mappings/online-retail-lines.json --data ./data"],
  run: importFile,
};

async function importFile(invocation: Invocation): Promise<void> {
  const { flags, operands, clock } = invocation;
  const mappingFile = flags.text("mapping");
  if (mappingFile === undefined) throw usageInvalid("import orders needs --mapping FILE");
  const mapping = await loadMapping(mappingFile);
  const isDry = flags.isSet("dry-run");
  const meter = new ImportMeter(invocation);
  const signal = invocation.interruption();
  const sink = isDry ? drySink() : lazySink(invocation, signal);
  const started = clock.elapsed();
  try {
    const file = operands["FILE"] ?? "";
    const concurrency = flags.number("concurrency") ?? CONCURRENCY;
    const report = await importOrders({ file, mapping, sink, concurrency, signal, onProgress: (now) => meter.show(now) });
    meter.end();
    await sink.shown();
    print(invocation, report, (clock.elapsed() - started) / 1_000, isDry);
  } catch (error) {
    meter.end();
    if (!signal.aborted) throw error;
    throw interrupted(`stopped after ${meter.rows} rows; ${meter.orders} orders of the file are in the store`);
  } finally {
    await sink.close();
  }
}

interface ClosableSink extends OrderSink {
  /** Waits until the read models show what was placed, where it was asked for, or where nobody would build them afterwards. */
  shown(): Promise<void>;
  close(): Promise<void>;
}

/** Says what would be placed. */
function drySink(): ClosableSink {
  return { place: async (orders) => orders.map(() => ({ outcome: "placed" })), shown: async () => {}, close: async () => {} };
}

/** Connects with the first order, so that a bad file makes no folder. */
function lazySink(invocation: Invocation, signal: AbortSignal): ClosableSink {
  let connecting: ReturnType<typeof connect> | undefined;
  return {
    async place(orders) {
      connecting ??= connect(invocation, "create");
      return remoteSink(await connecting, invocation.clock, signal).place(orders);
    },
    async shown() {
      const client = await connecting;
      if (!client || !(client.isAlone || invocation.flags.isSet("wait"))) return;
      await waitShown(invocation, client, await latestPosition(client), signal);
    },
    async close() {
      await (await connecting?.catch(() => undefined))?.close();
    },
  };
}

function print({ flags, terminal }: Invocation, report: ImportReport, elapsed: number, isDry: boolean): void {
  const seconds = Math.round(elapsed * 1_000) / 1_000;
  if (flags.isSet("json")) {
    terminal.out(`${JSON.stringify({ ...report, seconds, ...(isDry && { dryRun: true }) })}\n`);
    return;
  }
  const sums = Object.entries(report.money).map(([currency, { ordered }]) => `${ordered} ${currency}`);
  terminal.out(`rows      ${report.rows}\n`);
  terminal.out(`orders    ${report.orders.placed}${isDry ? " would be placed" : ""}\n`);
  terminal.out(`ordered   ${sums.join(", ") || "0"}\n`);
  terminal.out(`rejected  ${report.rejected.length} rows\n`);
  for (const [reason, count] of counted(report)) terminal.out(`  ${reason}  ${count}\n`);
}

function counted({ rejected }: ImportReport): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { stage, reason } of rejected) counts.set(`${stage} ${reason}`, (counts.get(`${stage} ${reason}`) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
