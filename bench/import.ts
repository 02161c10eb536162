import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../tools/repository.ts";
import type { Benchmark, Contender, Sample } from "./benchmark.ts";
import { benchFailed } from "./errors.ts";
import { startShop, type ShopServer } from "./http/shop-server.ts";

const FILES = ["online-retail-lines", "online-retail-invoices"];

/** Imports the real orders into a fresh shop with the sandbox, by the command line, until all have ended; an operation is a row. */
export const importBench: Benchmark = {
  does: "imports the real orders, each carried out, its credit notes returned",
  contenders: async () => ({ contenders: FILES.map(contenderOf), references: [], close: async () => {} }),
};

function contenderOf(name: string): Contender {
  const open = async () => {
    const file = join(dataFolder(), `${name}.csv`);
    const rows = readFileSync(file, "utf8").trimEnd().split("\n").length - 1;
    return { measure: () => importOnce(file, name, rows), close: async () => {} };
  };
  return { name: "daybook", workload: name, callers: 1, open };
}

/** Where the real files are: they are not part of the repository. */
function dataFolder(): string {
  const folder = process.env["DAYBOOK_DATA"] ?? join(ROOT, "..", "shared", "data");
  if (!existsSync(folder)) throw benchFailed(`there is no folder ${folder}; name that of the real files in DAYBOOK_DATA`);
  return folder;
}

async function importOnce(file: string, name: string, rows: number): Promise<Sample> {
  const shop = await startShop({ partners: "sandbox" });
  try {
    const before = shop.cpuMicros();
    const started = performance.now();
    await runImport(shop, file, name);
    const seconds = (performance.now() - started) / 1_000;
    return { perSecond: rows / seconds, cpuMicros: (shop.cpuMicros() - before) / rows, further: { rows, seconds } };
  } finally {
    await shop.close();
  }
}

async function runImport({ url, token }: ShopServer, file: string, name: string): Promise<void> {
  const mapping = join(ROOT, "shop", "import", "mappings", `${name}.json`);
  const words = ["cli/daybook.ts", "import", "orders", file, "--mapping", mapping, "--url", url, "--token", token, "--json"];
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-500)));
  const code = await new Promise((resolve) => child.on("error", resolve).on("exit", resolve));
  if (code !== 0) throw benchFailed(`the import ended with ${String(code)}: ${complaints.trim()}`);
}
