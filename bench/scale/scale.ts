import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Progress } from "../benchmark.ts";
import { startLoad } from "../http/load-process.ts";
import { startShop } from "../http/shop-server.ts";
import type { BenchOptions } from "../options.ts";
import { Trial } from "../orders/trial.ts";
import { multiply, ordersIn } from "./multiply.ts";

/** Orders that are stored. A million take 25 GB and a quarter of an hour: only with `--only 1000000`. */
const SIZES = [1_000, 10_000, 100_000];
const LARGEST = 1_000_000;
/** They are made by the shop, the rest are copies of them. */
const MADE = 200;
const MEASURED = 400;
const WARM_UP = 300;
const CONNECTIONS = 32;
const ASKED = 50;

interface Row {
  readonly stored: number;
  /** Of the shop's process, of an order placed and carried out then; cold: the first ones after the start. */
  readonly cpuMicrosPerOrder: number;
  readonly coldCpuMicrosPerOrder: number;
  /** Medians of asking for one order, the newest page, and a search by e-mail. */
  readonly getMs: number;
  readonly listMs: number;
  readonly searchMs: number;
  readonly bytesPerOrder: number;
}

/** `npm run bench -- scale`: what an order costs while ever more of them are stored, in the shape that they have. SQLite. */
export async function benchScale({ isJson, only, rounds }: BenchOptions, progress: Progress): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-scale-"));
  const file = join(folder, "daybook.db");
  const sizes = only === undefined ? SIZES : [...SIZES, LARGEST].filter((size) => size <= Number(only));
  try {
    progress(`${MADE} orders, placed and carried out`);
    await withTrial(folder, async (trial) => void (await trial.complete(MADE)));
    const rows: Row[] = [];
    for (const size of sizes) {
      multiply(file, size, (stored) => progress(`${size} orders: ${stored} stored`));
      progress(`${size} orders: measuring`);
      rows.push(await measured(folder, Math.max(1, Math.min(rounds, 5))));
    }
    console.log(isJson ? JSON.stringify({ bench: "scale", rows }) : tableOf(rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(folder: string, rounds: number): Promise<Row> {
  const file = join(folder, "daybook.db");
  const stored = ordersIn(file);
  const bytes = statSync(file).size / stored;
  return withTrial(folder, async (trial) => {
    const cold = await trial.complete(WARM_UP);
    const costs: number[] = [];
    for (let round = 0; round < rounds; round++) costs.push((await trial.complete(MEASURED)).cpuMicros / MEASURED);
    const page = await trial.get<{ readonly orders: readonly { readonly id: string }[] }>("/api/v1/orders?limit=50");
    const ids = page.orders.map(({ id }) => id);
    return {
      stored,
      cpuMicrosPerOrder: Math.round(median(costs)),
      coldCpuMicrosPerOrder: Math.round(cold.cpuMicros / WARM_UP),
      getMs: await timed((n) => trial.get(`/api/v1/orders/${ids[n % ids.length]}`)),
      listMs: await timed(() => trial.get("/api/v1/orders?limit=50")),
      searchMs: await timed((n) => trial.get(`/api/v1/orders/search?q=${ids[n % ids.length]?.slice(-8)}`)),
      bytesPerOrder: Math.round(bytes),
    };
  });
}

async function withTrial<T>(folder: string, use: (trial: Trial) => Promise<T>): Promise<T> {
  const shop = await startShop({ partners: "sandbox", folder });
  try {
    const load = await startLoad({ ...shop, connections: CONNECTIONS, isPaid: true });
    try {
      const trial = new Trial(shop, load);
      await trial.cancelHeld();
      return await use(trial);
    } finally {
      load.close();
    }
  } finally {
    await shop.close();
  }
}

async function timed(ask: (n: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < ASKED; n++) {
    const started = performance.now();
    await ask(n);
    times.push(performance.now() - started);
  }
  return Math.round(median(times) * 100) / 100;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function tableOf(rows: readonly Row[]): string {
  const names = ["stored", "cpuMicrosPerOrder", "coldCpuMicrosPerOrder", "getMs", "listMs", "searchMs", "bytesPerOrder"] as const;
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  return lines.map((cells) => cells.map((cell) => cell.padStart(22)).join("")).join("\n");
}
