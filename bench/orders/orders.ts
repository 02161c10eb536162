import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { benchFailed } from "../errors.ts";
import type { Progress } from "../benchmark.ts";
import { startLoad, type LoadProcess } from "../http/load-process.ts";
import { startShop, type ShopServer } from "../http/shop-server.ts";
import type { BenchOptions } from "../options.ts";

const CONNECTIONS = 32;
const WARM_UP = 500;
const SHARE_OF_MAXIMUM = 0.8;
/** Of the closed loop and of the open one. */
const CLOSED_SECONDS = 20;
const OPEN_SECONDS = 60;
/** States in which an order is not at its end yet; the seed's one that is on hold stays in them. */
const UNDER_WAY = ["placed", "reserved", "paid", "confirmed"];
const PATIENCE_MS = 120_000;

/** The document of `--json`. Rates and times are of complete orders: paid, shipped, mails accepted, read models caught up. */
interface Figures {
  readonly bench: "orders";
  /** Complete orders a second, from the first placing to the end of the last. */
  readonly perSecond: number;
  /** Placing at 80 % of that, open loop, from the planned start. */
  readonly placeP50Ms: number;
  readonly placeP99Ms: number;
  readonly loopDelayP99Ms: number;
  /** Of the shop's process; sandbox and load generator run beside it, on the same processors. */
  readonly cpuMicrosPerOrder: number;
  readonly unitsPerOrder: number;
  readonly bytesPerOrder: number;
}

/** `npm run bench -- orders`: complete orders through HTTP, embedded, with the sandbox as the world outside. */
export async function benchOrders({ isJson }: BenchOptions, progress: Progress): Promise<void> {
  const shop = await startShop({ partners: "sandbox" });
  try {
    const load = await startLoad({ ...shop, connections: CONNECTIONS, isPaid: true });
    try {
      const figures = await measure(new Trial(shop, load), progress);
      console.log(isJson ? JSON.stringify(figures) : tableOf(figures));
    } finally {
      load.close();
    }
  } finally {
    await shop.close();
  }
}

async function measure(trial: Trial, progress: Progress): Promise<Figures> {
  progress("warming up");
  const first = await trial.complete(WARM_UP);
  const orders = Math.ceil(first.perSecond * CLOSED_SECONDS);
  progress(`${orders} orders, as fast as they are placed`);
  const whole = await trial.complete(orders);
  const perSecond = whole.perSecond * SHARE_OF_MAXIMUM;
  progress(`${OPEN_SECONDS} s at ${Math.round(perSecond)} orders a second`);
  const open = await trial.load.perform({ kind: "open", orders: Math.ceil(perSecond * OPEN_SECONDS), perSecond });
  const { loopDelayP99Ms } = await trial.shop.loopDelay();
  await trial.untilComplete();
  return {
    bench: "orders",
    perSecond: Math.round(whole.perSecond),
    placeP50Ms: rounded(open.p50Ms),
    placeP99Ms: rounded(open.p99Ms),
    loopDelayP99Ms: rounded(loopDelayP99Ms),
    cpuMicrosPerOrder: Math.round(whole.cpuMicros / orders),
    unitsPerOrder: rounded(whole.units / orders),
    bytesPerOrder: Math.round(whole.bytes / orders),
  };
}

/** What is measured on: a shop, and who orders there. */
class Trial {
  readonly shop: ShopServer;
  readonly load: LoadProcess;
  private placed = 0;

  constructor(shop: ShopServer, load: LoadProcess) {
    this.shop = shop;
    this.load = load;
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
    while ((await this.underWay()) > 1 || (await this.lag()) > 0 || (await this.hasMails())) {
      if (performance.now() > until) throw benchFailed(`orders are not complete after ${PATIENCE_MS / 1_000} s`);
      await pause(100);
    }
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

  private async get<Body>(path: string): Promise<Body> {
    const response = await fetch(`${this.shop.url}${path}`, { headers: { authorization: `Bearer ${this.shop.token}` } });
    if (response.status !== 200) throw benchFailed(`${path} was answered ${response.status}`);
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
  readonly total: number;
}

interface MessagePage {
  readonly messages: readonly unknown[];
}

interface Projections {
  readonly projections: readonly { readonly subscription?: { readonly lag: number } }[];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function tableOf(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(20)} ${String(value)}`)
    .join("\n");
}
