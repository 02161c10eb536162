import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonLog } from "@daybook/foundation/log";
import { systemClock } from "@daybook/kernel/clock";
import { app } from "../../shop/app.ts";
import { storedState } from "./stored-state.ts";

/** Nobody listens there: what the shop asks of the world outside fails. */
const NOWHERE = "http://127.0.0.1:9";
export const HOOK_SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const SETTLED_WITHIN_MS = 20_000;

/** Who sends a request. */
export type Sender = "developer" | "ada" | "ben" | "nobody";

/** A shop on a file, over HTTP, with something in it that must not change. */
export interface HostileShop {
  readonly url: string;
  readonly tokens: Readonly<Record<Sender, string | undefined>>;
  /** Ids of what is there. */
  readonly known: Known;
  /** Where the log is, and a digest of rows with their revisions, index entries, reserved names, and what is due. */
  state(): string;
  stop(): Promise<void>;
}

export interface Known {
  readonly ada: string;
  readonly ben: string;
  readonly order: string;
  readonly cancelled: string;
  readonly account: string;
  readonly emptyAccount: string;
  readonly closedAccount: string;
}

/** Starts a shop with two customers, an order of each kind and accounts. */
export async function hostileShop(): Promise<HostileShop> {
  const data = mkdtempSync(join(tmpdir(), "daybook-hostile-"));
  const log = jsonLog({ clock: systemClock, level: "silent", to: { write: () => undefined } });
  const partners = { cardUrl: NOWHERE, carrierUrl: NOWHERE, smtpPort: 9, webhookSecret: HOOK_SECRET };
  const program = app({ data, port: 0, host: "127.0.0.1", log, partners });
  for (const part of program.parts) await part.start();
  const { url = "", token = "" } = program.started ?? {};
  const post = (path: string, body: unknown, as = token) => posted(`${url}${path}`, body, as);
  const [ada, ben] = [await registered(post, "ada"), await registered(post, "ben")];
  const known = await filled(post, ada.id, ben.id);
  await settled(join(data, "daybook.db"));
  return {
    url,
    tokens: { developer: token, ada: ada.token, ben: ben.token, nobody: undefined },
    known,
    state: () => storedState(join(data, "daybook.db")),
    async stop() {
      for (const part of program.parts.toReversed()) await part.stop?.();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

type Post = (path: string, body: unknown, as?: string) => Promise<Record<string, string>>;

async function posted(url: string, body: unknown, token: string): Promise<Record<string, string>> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Record<string, string>; // ids and tokens
}

async function registered(post: Post, name: string): Promise<{ readonly id: string; readonly token: string }> {
  const password = `${name}-has-a-long-password`;
  const profile = { userName: name, firstName: name, lastName: "Tester", email: `${name}@example.com`, addresses: [] };
  const { id = "" } = await post("/api/v1/customers", { ...profile, password });
  const { token = "" } = await post("/api/v1/sessions", { name, password });
  return { id, token };
}

async function filled(post: Post, ada: string, ben: string): Promise<Known> {
  const items = [{ productId: "teapot", quantity: 1 }];
  const { id: order = "" } = await post("/api/v1/orders", { customerId: ada, items });
  const { id: cancelled = "" } = await post("/api/v1/orders", { customerId: ada, items });
  await post(`/api/v1/orders/${cancelled}/cancel`, { reason: "no longer wanted" });
  await post("/api/v1/products", { productId: "rare", name: "A rare thing", price: { amount: "9.00", currency: "GBP" } });
  const account = await opened(post, ada, "GBP");
  await post(`/api/v1/accounts/${account}/deposit`, { amount: "10.00", currency: "GBP", reason: "a gift" });
  const emptyAccount = await opened(post, ben, "GBP");
  const closedAccount = await opened(post, ben, "EUR");
  await post(`/api/v1/accounts/${closedAccount}/close`, {});
  return { ada, ben, order, cancelled, account, emptyAccount, closedAccount };
}

async function opened(post: Post, ownerId: string, currency: string): Promise<string> {
  return (await post("/api/v1/accounts", { ownerId, currency }))["id"] ?? "";
}

/** Until read models and seals have caught up with what was put there. */
async function settled(file: string): Promise<void> {
  const until = performance.now() + SETTLED_WITHIN_MS;
  for (let before = "", same = 0; same < 8;) {
    if (performance.now() > until) throw new Error("the shop does not come to rest");
    const now = storedState(file);
    same = now === before ? same + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
