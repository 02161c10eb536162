import type { Benchmark, Contender, OpenContender, Sample } from "../benchmark.ts";
import { benchDatabase } from "../postgres-database.ts";
import { median } from "../report.ts";
import { startLoad, type LoadProcess, type LoadTask } from "./load-process.ts";
import { startShop, type ShopServer } from "./shop-server.ts";

const CONNECTIONS = 64;
const SHARE_OF_MAXIMUM = 0.8;
/** Rounds last this many times as long as those of other benchmarks: a percentile needs thousands of orders. */
const LONGER = 6;
/** The open loop's last the 15 s (of rounds of 500 ms) that the shop's own figures are of. */
const LONGEST = 30;

/**
 * Places orders over HTTP in a shop that `npm start` runs. First as fast as the connections go; then, open loop, at 80 % of
 * what that gave so far. `cpuMicros` is the server's, for an order; `loopDelayP99Ms` how late its event loop was.
 */
export const httpBench: Benchmark = {
  does: "places orders over HTTP",
  contenders: async ({ store, roundMs }, progress) => {
    await using started = new AsyncDisposableStack(); // stops what was started when the rest does not start
    const database = store === "postgres" ? await benchDatabase(progress) : undefined;
    started.defer(() => database?.close());
    const shop = await startShop(database ? { store: database.url } : {});
    started.defer(() => shop.close());
    const load = await startLoad({ ...shop, connections: CONNECTIONS });
    started.defer(() => load.close());
    const trial = new Trial(shop, load, roundMs);
    const running = started.move();
    return { contenders: [trial.closedLoop(), trial.openLoop()], references: [], close: () => running.disposeAsync() };
  },
};

class Trial {
  private readonly shop: ShopServer;
  private readonly load: LoadProcess;
  private readonly roundMs: number;
  private readonly maxima: number[] = [];
  private orders = 500;

  constructor(shop: ShopServer, load: LoadProcess, roundMs: number) {
    this.shop = shop;
    this.load = load;
    this.roundMs = roundMs;
  }

  closedLoop(): Contender {
    return contenderOf("closed loop", async () => {
      const sample = await this.perform({ kind: "closed", orders: this.orders });
      this.maxima.push(sample.perSecond);
      this.orders = Math.ceil((sample.perSecond * this.roundMs * LONGER) / 1_000);
      return sample;
    });
  }

  openLoop(): Contender {
    return contenderOf("open loop at 80 %", async () => {
      const perSecond = median(this.maxima) * SHARE_OF_MAXIMUM;
      const orders = Math.ceil((perSecond * this.roundMs * LONGEST) / 1_000);
      const sample = await this.perform({ kind: "open", orders, perSecond });
      return { ...sample, further: { ...sample.further, ...(await this.shop.loopDelay()) } };
    });
  }

  private async perform(task: LoadTask): Promise<Sample> {
    const before = this.shop.cpuMicros();
    const { perSecond, ...latencies } = await this.load.perform(task);
    const cpuMicros = (this.shop.cpuMicros() - before) / task.orders;
    return { perSecond, cpuMicros, further: { ...latencies } };
  }
}

function contenderOf(workload: string, measure: OpenContender["measure"]): Contender {
  return { name: "daybook", workload, callers: CONNECTIONS, open: async () => ({ measure, close: async () => {} }) };
}
