import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "@daybook/foundation/log";
import { sleep, systemClock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import { jsonClient } from "@daybook/network/http/json-client";
import { z } from "zod";
import { partnersInvalid, sandboxFailed } from "./errors.ts";

/** Where the world outside is: card provider, carrier, mail server, and the secret that its web hooks are signed with. */
export interface Partners {
  readonly cardUrl: string;
  readonly carrierUrl: string;
  readonly smtpPort: number;
  readonly webhookSecret: string;
}

/** The sandbox that stands for the world outside, as a process that ends with this one. */
export interface Sandbox extends Partners {
  readonly url: string;
  /** Its web hooks go to the shop at `url` from now on. */
  sendHooksTo(url: string): Promise<void>;
  stop(): Promise<void>;
}

const partnersSchema = z.strictObject({
  cardUrl: z.url({ protocol: /^https?$/ }),
  carrierUrl: z.url({ protocol: /^https?$/ }),
  smtpPort: z.int().min(1).max(65_535),
  webhookSecret: z.string().regex(/^whsec_[A-Za-z0-9+/=]{16,}$/, "whsec_ and base 64"),
});
const readySchema = partnersSchema.extend({ ready: z.literal(true), url: z.string() });
type Ready = z.output<typeof readySchema>;

/** The partners that a JSON file names. Rejects with `partners-invalid`. */
export async function readPartners(file: string): Promise<Partners> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw partnersInvalid(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const read = partnersSchema.safeParse(parsed(text));
  if (!read.success) throw partnersInvalid(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}

/** How long after its unexpected end the sandbox is started again. */
const RESTART_AFTER_MS = 1_000;

/**
 * Starts the sandbox on a folder of its own, and again where it was whenever it ends by itself; where another process has started it
 * already, that one is joined. Rejects with `sandbox-failed`, and what it said.
 */
export async function startSandbox(folder: string, log?: Log): Promise<Sandbox> {
  const address = join(folder, "address.json");
  try {
    const own = new OwnSandbox(folder, log);
    const ready = await own.start([]);
    await writeFile(address, JSON.stringify(ready), { mode: 0o600 });
    return own.sandbox(ready);
  } catch (error) {
    const running = await joined(address);
    if (running) return running;
    throw error;
  }
}

class OwnSandbox {
  private readonly folder: string;
  private readonly log: Log | undefined;
  private child: ChildProcess | undefined;
  private hooks: readonly string[] = [];
  private readonly stopping = new AbortController();

  constructor(folder: string, log: Log | undefined) {
    this.folder = folder;
    this.log = log;
  }

  async start(more: readonly string[]): Promise<Ready> {
    const program = fileURLToPath(import.meta.resolve("@daybook/shop-sandbox/main"));
    const args = [program, "--data", this.folder, "--json", "--with-parent", ...more];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    return readyLine(child);
  }

  sandbox({ ready: _, ...partners }: Ready): Sandbox {
    const ports = ["--port", new URL(partners.url).port, "--smtp-port", String(partners.smtpPort)];
    const ended = this.keep(ports);
    return {
      ...partners,
      sendHooksTo: async (shop) => {
        const to = (partner: string) => `${shop}/hooks/${partner}`;
        this.hooks = ["--card-hooks", to("card"), "--carrier-hooks", to("carrier")];
        await tellHooks(partners.url, { card: to("card"), carrier: to("carrier") });
      },
      stop: async () => {
        this.stopping.abort();
        this.child?.stdin?.end();
        await ended;
      },
    };
  }

  /** Resolves when it has ended because it was stopped. */
  private async keep(ports: readonly string[]): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      const child = this.child;
      if (child?.exitCode === null && child.signalCode === null) await once(child, "exit");
      if (signal.aborted) return;
      this.log?.warn(
        { exitCode: child?.exitCode, signal: child?.signalCode },
        "the sandbox has ended by itself: it is started again",
      );
      await sleep(systemClock, RESTART_AFTER_MS, signal);
      if (signal.aborted) return;
      await this.start([...ports, ...this.hooks]).catch((error: unknown) => {
        if (!signal.aborted) this.log?.error({}, messageOf(error));
      });
    }
  }
}

async function tellHooks(url: string, { card, carrier }: { readonly card: string; readonly carrier: string }): Promise<void> {
  const client = jsonClient({ url });
  const body = { card: { hooks: { url: card } }, carrier: { hooks: { url: carrier } } };
  const { status } = await client.request({ method: "PATCH", path: "/control/behaviour", body });
  await client.close();
  if (status !== 200) throw sandboxFailed(`the sandbox takes no address for its web hooks: ${status}`);
}

/** The sandbox that another process runs on the folder: it ends with that one, and tells that one its news. */
async function joined(address: string): Promise<Sandbox | undefined> {
  const said = readySchema.safeParse(parsed(await readFile(address, "utf8").catch(() => "")));
  if (!said.success) return undefined;
  const { ready, ...partners } = said.data;
  const client = jsonClient({ url: partners.url, timeoutMs: 2_000 });
  const isRunning = await client.request({ method: "GET", path: "/control/health" }).then(
    ({ status }) => status === 200,
    () => false,
  );
  await client.close();
  return isRunning ? { ...partners, sendHooksTo: async () => {}, stop: async () => {} } : undefined;
}

async function readyLine(child: ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> }): Promise<Ready> {
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => (complaint = `${complaint}${text.toString()}`.slice(-2_000)));
  const said = once(createInterface(child.stdout), "line") as Promise<[string]>; // readline's event
  const ended = once(child, "close").then(() => undefined);
  child.once("error", (error) => (complaint = messageOf(error)));
  const line = await Promise.race([said, ended]);
  const ready = readySchema.safeParse(line && parsed(line[0]));
  if (!ready.success) throw sandboxFailed(`the sandbox did not start: ${complaint.trim() || ready.error.message}`);
  return ready.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
