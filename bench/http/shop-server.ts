import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../tools/repository.ts";
import { benchFailed } from "../errors.ts";
import { cpuMicrosOf, cpuMicrosOfFamily } from "../processor-time.ts";

/** `npm start` in a process of its own, with a data folder of its own. */
export interface ShopServer {
  readonly url: string;
  readonly token: string;
  /** Of the sandbox beside it, where there is one. */
  readonly sandbox?: string;
  readonly folder: string;
  /** Processor time that it has spent (its children's is in it only where they are part of it), to ten milliseconds. */
  cpuMicros(): number;
  /** How late its event loop was over the last 15 s. */
  loopDelay(): Promise<{ readonly loopDelayP50Ms: number; readonly loopDelayP99Ms: number }>;
  close(): Promise<void>;
}

export interface ShopServerOptions {
  /** As `--store` takes it. */
  readonly store?: string;
  /** As `--partners` takes it; none, so that orders are taken only. */
  readonly partners?: string;
  /** Stays when the shop is closed; one of its own, that goes with it, unless given. */
  readonly folder?: string;
}

export async function startShop(options: ShopServerOptions = {}): Promise<ShopServer> {
  const { store = "sqlite", partners = "none" } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "daybook-bench-shop-"));
  const removeFolder = () => void (options.folder ?? rmSync(folder, { recursive: true, force: true }));
  const words = ["cli/daybook.ts", "start", "--port", "0", "--data", folder, "--store", store, "--partners", partners, "--json"];
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  try {
    const { url, token, sandbox } = await readyLine(child);
    const pid = child.pid ?? 0;
    return {
      url,
      token,
      folder,
      ...(sandbox !== undefined && { sandbox }),
      cpuMicros: () => (sandbox === undefined ? cpuMicrosOfFamily(pid) : cpuMicrosOf(pid)),
      loopDelay: () => loopDelayOf(url),
      close: async () => {
        child.kill("SIGTERM");
        await ended;
        removeFolder();
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    removeFolder();
    throw error;
  }
}

async function loopDelayOf(url: string): Promise<{ loopDelayP50Ms: number; loopDelayP99Ms: number }> {
  const health = (await (await fetch(`${url}/health`)).json()) as HealthDocument; // of health.ts
  const details = health.components.find(({ name }) => name === "event-loop")?.details;
  if (!details) throw benchFailed("the shop's health does not tell of its event loop");
  return { loopDelayP50Ms: details.p50Ms, loopDelayP99Ms: details.p99Ms };
}

interface HealthDocument {
  readonly components: readonly { readonly name: string; readonly details: { readonly p50Ms: number; readonly p99Ms: number } }[];
}

interface ReadyLine {
  readonly ready: boolean;
  readonly url: string;
  readonly token: string;
  readonly sandbox?: string;
}

function readyLine(child: ChildProcess): Promise<ReadyLine> {
  let complaints = "";
  child.stderr?.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2_000)));
  return new Promise((resolve, reject) => {
    if (!child.stdout) return reject(benchFailed("the shop has no output"));
    createInterface(child.stdout).once("line", (line) => {
      const ready = parsedLine(line);
      if (ready?.ready) resolve(ready);
      else reject(benchFailed(`the shop's first line is ${line}`));
    });
    child.on("error", reject).on("exit", (code) => reject(benchFailed(`the shop ended with ${code}: ${complaints.trim()}`)));
  });
}

function parsedLine(line: string): ReadyLine | undefined {
  try {
    return JSON.parse(line) as ReadyLine; // the start command's first line
  } catch {
    return undefined;
  }
}
