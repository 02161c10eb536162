import type { Progress } from "../benchmark.ts";
import { startLoad } from "../http/load-process.ts";
import { startShop } from "../http/shop-server.ts";
import type { BenchOptions } from "../options.ts";
import { Trial } from "./trial.ts";

const CONNECTIONS = 32;
const WARM_UP = 500;
const SHARE_OF_MAXIMUM = 0.8;
/** Of the closed loop and of the open one. */
const CLOSED_SECONDS = 20;
const OPEN_SECONDS = 60;

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

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function tableOf(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(20)} ${String(value)}`)
    .join("\n");
}
