import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { messageOf } from "@daybook/kernel/errors";
import { below, seededRandom, unit } from "@daybook/kernel/random";
import { Pool } from "undici";
import { eachBy } from "../closed-loop.ts";
import { benchFailed } from "../errors.ts";
import { percentile } from "../report.ts";
import type { LoadAnswer, LoadTask, Target } from "./load-process.ts";

/** `load.ts JSON`, forked by load-process.ts: places orders over HTTP, one task a message, from a process of its own. */
const target = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0] ?? "") as Target; // written by load-process.ts
const random = seededRandom(Date.now());
const pool = new Pool(target.url, { connections: target.connections, pipelining: 1 });
const prefix = `bench-${process.pid}-${random.word()}`;
const PRODUCTS = "mug-blue mug-white teapot lantern bunting candle cushion apron cake-stand jam-jar".split(" ");
let placed = 0;

process.on("message", (task: LoadTask) => void perform(task));
process.on("disconnect", () => process.exit());
answer({});

async function perform(task: LoadTask): Promise<void> {
  try {
    answer({
      result: task.kind === "closed" ? await closed(task.orders, target.connections) : await open(task.perSecond, task.orders),
    });
  } catch (error) {
    answer({ failed: messageOf(error) });
  }
}

/** Every connection places its next order when the last one was answered. */
async function closed(orders: number, connections: number) {
  const latencies: number[] = [];
  const started = performance.now();
  await eachBy(connections, Array.from({ length: orders }, order), async (body) => {
    const sent = performance.now();
    await place(body);
    latencies.push(performance.now() - sent);
  });
  return resultOf(orders, performance.now() - started, latencies);
}

/**
 * Orders come when they come (a Poisson process), whether the last one was answered or not. The time of each counts from
 * the moment that was planned for it: what waits behind a stall counts with all of its wait.
 */
async function open(perSecond: number, orders: number) {
  const latencies: number[] = [];
  const lateness: number[] = [];
  const under: Promise<void>[] = [];
  const started = performance.now();
  let planned = started;
  for (let n = 0; n < orders; n++) {
    planned += (-Math.log(1 - unit(random)) * 1_000) / perSecond;
    const at = planned;
    for (let waitMs = at - performance.now(); waitMs > 0; waitMs = at - performance.now()) await pause(waitMs);
    lateness.push(performance.now() - at);
    under.push(place(order()).then(() => void latencies.push(performance.now() - at)));
  }
  await Promise.all(under);
  const sentLateP99Ms = percentile(lateness, 0.99);
  return { ...resultOf(orders, performance.now() - started, latencies), sentLateP99Ms };
}

function order(): string {
  const items = Array.from({ length: 1 + below(random, 3) }, (_, n) => ({
    productId: PRODUCTS[(random.word() + n) % PRODUCTS.length],
    quantity: 1 + below(random, 5),
  }));
  if (!target.isPaid) return JSON.stringify({ customerId: `cus_${below(random, 10_000)}`, items });
  const contact = { firstName: "Ada", lastName: "Sample", email: `ada${below(random, 1_000)}@example.com` };
  return JSON.stringify({
    customerId: `cus_${below(random, 1_000)}`,
    items,
    contact,
    payment: { kind: "card", token: "tok_ok" },
  });
}

async function place(body: string): Promise<void> {
  const headers = {
    authorization: `Bearer ${target.token}`,
    "content-type": "application/json",
    "idempotency-key": `${prefix}-${placed++}`,
  };
  const response = await pool.request({ method: "POST", path: "/api/v1/orders", headers, body });
  if (response.statusCode === 201) return response.body.dump();
  throw benchFailed(`an order was answered ${response.statusCode}: ${(await response.body.text()).slice(0, 300)}`);
}

function resultOf(orders: number, ms: number, latencies: readonly number[]) {
  const p50Ms = percentile(latencies, 0.5);
  return { perSecond: (orders / ms) * 1_000, p50Ms, p99Ms: percentile(latencies, 0.99), maxMs: Math.max(...latencies) };
}

function answer(text: LoadAnswer): void {
  process.send?.(text);
}
