import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { benchFailed } from "../errors.ts";
import type { LoadProcess } from "../http/load-process.ts";
import type { ShopServer } from "../http/shop-server.ts";

/** States in which an order is not at its end yet. */
const UNDER_WAY = ["placed", "reserved", "paid", "confirmed"];
const PATIENCE_MS = 120_000;

/** What is measured on: a shop, and who orders there. */
export class Trial {
  readonly shop: ShopServer;
  readonly load: LoadProcess;
  /** Orders that stay under way: the seed's one that is on hold. */
  private held = 1;
  private placed = 0;

  constructor(shop: ShopServer, load: LoadProcess) {
    this.shop = shop;
    this.load = load;
  }

  /** Calls what is on hold off, so that every order stored has come to its end. */
  async cancelHeld(): Promise<void> {
    const { orders } = await this.get<OrderPage>("/api/v1/orders?status=confirmed");
    for (const { id } of orders) await this.ask("POST", `/api/v1/orders/${id}/cancel`, { reason: "Measured without it." });
    this.held = 0;
    await this.untilComplete();
  }

  /** Places so many orders and waits until all are complete. */
  async complete(orders: number) {
    const [before, cpuBefore] = [this.stored(), this.shop.cpuMicros()];
    const started = performance.now();
    await this.load.perform({ kind: "closed", orders });
    this.placed += orders;
    await this.untilComplete();
    const seconds = (performance.now() - started) / 1_000;
    const after = this.stored();
    const cpuMicros = this.shop.cpuMicros() - cpuBefore;
    return { perSecond: orders / seconds, cpuMicros, units: after.units - before.units, bytes: after.bytes - before.bytes };
  }

  async untilComplete(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (let open = await this.open(); open; open = await this.open()) {
      if (performance.now() > until) throw benchFailed(`orders are not complete after ${PATIENCE_MS / 1_000} s: ${open}`);
      await pause(100);
    }
  }

  /** What orders wait for; nothing when all are complete. */
  private async open(): Promise<string | undefined> {
    const underWay = (await this.underWay()) - this.held;
    if (underWay > 0) return `${underWay} are under way`;
    const lag = await this.lag();
    if (lag > 0) return `a read model is ${lag} facts behind`;
    return (await this.hasMails()) ? "mails are not sent" : undefined;
  }

  private async underWay(): Promise<number> {
    const pages = UNDER_WAY.map((status) => this.get<OrderPage>(`/api/v1/orders?status=${status}&page=1&pageSize=1`));
    return (await Promise.all(pages)).reduce((sum, { total }) => sum + total, 0);
  }

  /** Whether mails wait to be sent. */
  private async hasMails(): Promise<boolean> {
    const { messages } = await this.get<MessagePage>("/api/v1/queues/notifications/messages?limit=1");
    return messages.length > 0;
  }

  /** Of the read models. */
  private async lag(): Promise<number> {
    const { projections } = await this.get<Projections>("/api/v1/projections");
    return Math.max(...projections.map(({ subscription }) => subscription?.lag ?? 0));
  }

  get<Body>(path: string): Promise<Body> {
    return this.ask<Body>("GET", path);
  }

  private async ask<Body>(method: string, path: string, body?: object): Promise<Body> {
    const headers = { authorization: `Bearer ${this.shop.token}`, ...(body && { "content-type": "application/json" }) };
    const response = await fetch(`${this.shop.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!response.ok) throw benchFailed(`${method} ${path} was answered ${response.status}`);
    return (await response.json()) as Body; // of the route
  }

  /** Units and bytes in the store's file. */
  private stored(): Stored {
    const file = new DatabaseSync(join(this.shop.folder, "daybook.db"), { readOnly: true });
    try {
      const pages = "(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)";
      // Two counts, under the names that the query gives them.
      return file.prepare(`SELECT (SELECT count(*) FROM units) AS units, ${pages} AS bytes`).get() as unknown as Stored;
    } finally {
      file.close();
    }
  }
}

interface Stored {
  readonly units: number;
  readonly bytes: number;
}

interface OrderPage {
  readonly orders: readonly { readonly id: string }[];
  readonly total: number;
}

interface MessagePage {
  readonly messages: readonly unknown[];
}

interface Projections {
  readonly projections: readonly { readonly subscription?: { readonly lag: number } }[];
}
