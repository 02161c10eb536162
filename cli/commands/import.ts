import type { Log } from "@daybook/foundation/log";
import { jsonLog } from "@daybook/foundation/log";
import type { StageMetrics } from "@daybook/flow/dataflow";
import { money } from "@daybook/kernel/money";
import type { ImportReport, ImportTarget } from "@daybook/shop-import/contract";
import { loadMapping, mappingJsonSchema } from "@daybook/shop-import/mapping";
import { importOrders } from "@daybook/shop-import/service";
import type { Client } from "../connection/client.ts";
import { connect } from "../connection/connect.ts";
import { servingClient } from "../connection/serving-client.ts";
import { latestPosition, waitShown } from "../connection/wait-shown.ts";
import { remoteTarget } from "../import-target.ts";
import { ImportMeter } from "../import-meter.ts";
import { interrupted, usageInvalid } from "../errors.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS } from "../shell/flags.ts";

const CONCURRENCY = 256;

export const importOrdersCommand: Command = {
  noun: "import",
  verb: "orders",
  summary: "Bring the orders of a file in, each carried out to its end; run again, it goes on where it stopped",
  details:
    "Rows with one number are one order. What is no order is listed with the reason and imports nothing. An order that the\n" +
    "store has already is not placed twice. Each order is carried out by the ordinary workflow, with stock and money that are\n" +
    "noted for it; then credit notes come back. Where nobody runs the shop, it runs in this command, with its partners, until\n" +
    "all orders have ended. The mapping says what the columns mean: docs/import.md.",
  operands: [{ name: "FILE", summary: "the CSV or NDJSON file" }],
  flags: [
    { name: "mapping", value: "FILE", summary: "What the columns mean, as JSON" },
    { name: "concurrency", value: "N", summary: `Orders under way at once (${CONCURRENCY})`, range: [1, 1_000] },
    { name: "place-only", summary: "Place the orders without a payment; nothing is carried out, nothing comes back" },
    ...CONNECTION,
    FLAGS.partners,
    FLAGS.wait,
    FLAGS.dryRun,
    FLAGS.json,
    FLAGS.quiet,
    FLAGS.logLevel,
  ],
  examples: ["daybook import orders lines.csv --mapping shop/import/mappings/online-retail-lines.json --data ./data"],
  run: importFile,
};

export const importSchemaCommand: Command = {
  noun: "import",
  verb: "schema",
  summary: "The JSON Schema of a mapping",
  flags: [],
  examples: ["daybook import schema > mapping.schema.json"],
  async run({ terminal }) {
    terminal.out(`${JSON.stringify(mappingJsonSchema(), undefined, 2)}\n`);
  },
};

async function importFile(invocation: Invocation): Promise<void> {
  const { flags, operands, clock, settings } = invocation;
  const mappingFile = flags.text("mapping");
  if (mappingFile === undefined) throw usageInvalid("import orders needs --mapping FILE");
  const mapping = await loadMapping(mappingFile);
  const isDry = flags.isSet("dry-run");
  const isPlaceOnly = flags.isSet("place-only");
  const meter = new ImportMeter(invocation);
  const signal = invocation.interruption();
  const log = jsonLog({ clock, level: settings.logLevel });
  const target = isDry ? dryTarget(mapping.currency) : lazyTarget(invocation, isPlaceOnly, signal);
  const started = clock.elapsed();
  try {
    const report = await importOrders({
      file: operands["FILE"] ?? "",
      mapping,
      target,
      clock,
      concurrency: flags.number("concurrency") ?? CONCURRENCY,
      isPlaceOnly,
      signal,
      onProgress: (now) => meter.show(now),
      onEnd: (stages) => tellStages(log, stages),
    });
    meter.end();
    await target.shown();
    print(invocation, report, (clock.elapsed() - started) / 1_000, isDry);
  } catch (error) {
    meter.end();
    if (!signal.aborted) throw error;
    throw interrupted(`stopped after ${meter.rows} rows; ${meter.orders} orders are done with. Run again, it goes on`);
  } finally {
    await target.close();
  }
}

function tellStages(log: Log, stages: readonly StageMetrics[]): void {
  for (const stage of stages) log.debug({ ...stage }, "stage");
}

interface ClosableTarget extends ImportTarget {
  /** Waits until the read models show what was done, where it was asked for, or where nobody would build them afterwards. */
  shown(): Promise<void>;
  close(): Promise<void>;
}

/** Says what would be done. What returns give back is known only once they are made. */
function dryTarget(currency: string): ClosableTarget {
  return {
    list: async () => {},
    place: async (orders) => orders.map(() => ({ outcome: "placed" })),
    ended: async (orderIds) => orderIds.map(() => ({ end: "fulfilled" })),
    giveBack: async (returns) => returns.map(() => ({ outcome: "completed", amount: money(0n, currency) })),
    shown: async () => {},
    close: async () => {},
  };
}

/** Connects with the first call, so that a bad file makes no folder. */
function lazyTarget(invocation: Invocation, isPlaceOnly: boolean, signal: AbortSignal): ClosableTarget {
  let connecting: Promise<Client> | undefined;
  const target = async () => {
    connecting ??= isPlaceOnly ? connect(invocation, "create") : servingClient(invocation);
    return remoteTarget(await connecting, invocation.clock, signal);
  };
  return {
    list: async (products) => (await target()).list(products),
    place: async (orders) => (await target()).place(orders),
    ended: async (...asked) => (await target()).ended(...asked),
    giveBack: async (...asked) => (await target()).giveBack(...asked),
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
  const { placed, ...ends } = report.orders;
  const ended = Object.entries(ends).flatMap(([end, count]) => (count > 0 ? [`${count} ${end}`] : []));
  const sums = (what: "ordered" | "charged" | "refunded") =>
    Object.entries(report.money)
      .map(([currency, money]) => `${money[what]} ${currency}`)
      .join(", ") || "0";
  terminal.out(`rows      ${report.rows}\n`);
  terminal.out(`orders    ${placed}${isDry ? " would be placed" : ""}${ended.length > 0 ? `: ${ended.join(", ")}` : ""}\n`);
  terminal.out(`returns   ${report.refunds}\n`);
  for (const what of ["ordered", "charged", "refunded"] as const) terminal.out(`${what.padEnd(9)} ${sums(what)}\n`);
  terminal.out(`rejected  ${report.rejected.length} rows\n`);
  for (const [reason, count] of counted(report)) terminal.out(`  ${reason}  ${count}\n`);
}

function counted({ rejected }: ImportReport): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { stage, reason } of rejected) counts.set(`${stage} ${reason}`, (counts.get(`${stage} ${reason}`) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
