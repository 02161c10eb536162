import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

/** The partners that a JSON file names. Rejects with `partners-invalid`. */
export async function readPartners(file: string): Promise<Partners> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw partnersInvalid(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const read = partnersSchema.safeParse(parsed(text));
  if (!read.success) throw partnersInvalid(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}

/**
 * Starts the sandbox on a folder of its own; where another process has started it already, that one is joined. Rejects with
 * `sandbox-failed`, and what it said.
 */
export async function startSandbox(folder: string): Promise<Sandbox> {
  const program = fileURLToPath(import.meta.resolve("@daybook/shop-sandbox/main"));
  const args = [program, "--data", folder, "--json", "--with-parent"];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  const address = join(folder, "address.json");
  let partners: Omit<Sandbox, "sendHooksTo" | "stop">;
  try {
    const { ready, ...said } = await readyLine(child);
    partners = said;
    await writeFile(address, JSON.stringify({ ready, ...said }), { mode: 0o600 });
  } catch (error) {
    const running = await joined(address);
    if (running) return running;
    throw error;
  }
  return {
    ...partners,
    async sendHooksTo(shop) {
      const client = jsonClient({ url: partners.url });
      const to = (partner: string) => ({ hooks: { url: `${shop}/hooks/${partner}` } });
      const body = { card: to("card"), carrier: to("carrier") };
      const { status } = await client.request({ method: "PATCH", path: "/control/behaviour", body });
      await client.close();
      if (status !== 200) throw sandboxFailed(`the sandbox takes no address for its web hooks: ${status}`);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
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

async function readyLine(child: ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> }) {
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
