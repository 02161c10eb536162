import { setImmediate } from "node:timers/promises";
import { checkStore, rawState, type RawState } from "@daybook/testing/simulation/store-checker";
import { Findings, type Violation } from "@daybook/testing/simulation/violation";
import { world, type World } from "@daybook/testing/simulation/world";
import { messageOf } from "@daybook/kernel/errors";
import { sleep } from "@daybook/kernel/clock";
import { ask, type ClientParts } from "./client.ts";
import { checkDetails } from "./details-checker.ts";
import { checkKeys } from "./key-checker.ts";
import { history, type History } from "./operation.ts";
import { checkOrders } from "./order-checker.ts";
import { checkPositions } from "./position-checker.ts";
import { checkSeals } from "./seal-checker.ts";
import { checkSearchRows } from "./search-checker.ts";
import { openSite, type Site } from "./site.ts";
import { checkFulfilment, checkQueues, QUEUES, WORKED_OFF } from "./fulfilment-checker.ts";
import { checkDeliveries } from "./delivery-checker.ts";
import { checkDisputes } from "./dispute-checker.ts";
import { checkExpiries } from "./expiry-checker.ts";
import { checkLedger } from "./ledger-checker.ts";
import { checkLetters } from "./letter-checker.ts";
import { seedShop } from "./seed-shop.ts";
import { checkReturns } from "./return-checker.ts";
import { checkStock } from "./stock-checker.ts";
import { checkTally } from "./tally-checker.ts";
import { workEnds } from "./work-end.ts";
import { clientDay, lateWishes, ORDERS_MIN } from "./traffic.ts";

/** What one seed came to. */
export interface SeedResult {
  readonly seed: number;
  readonly site: Site["kind"];
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<"ok" | "fail" | "info", number>>;
  /** How often each fault really struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly deaths: number;
  readonly orders: number;
  /** Facts, and units that reached the engine. */
  readonly facts: number;
  readonly units: number;
  readonly virtualMs: number;
  /** SHA-256 of everything that happened. */
  readonly hash: string;
  /** The last lines of the trace, when something was violated. */
  readonly trace: readonly string[];
}

const CLIENTS = ["cus_1", "cus_2", "cus_3", "cus_4", "cus_5"];
const DAY_MS = 900_000;
const DRAIN_MS = 3_600_000;
const KINDS_MIN = 3;
const TROUBLED_MS = 1_000;
/** What the checks look at. */
const READ_MODELS = [
  "orders",
  "products",
  "order-search.1",
  "order-details.1",
  "tally.1",
  "seals",
  "stock",
  "accounts",
  "ledger.1",
  "returns",
  "workflow",
  "card-hooks",
  "parcel-questions",
];
const DEAD_LETTERS = WORKED_OFF.map((queue) => `dead.${queue}`);
const COLLECTIONS = READ_MODELS.concat(DEAD_LETTERS);

/** Runs the shop for one seed: clients under faults, then calm, drain, and every check. */
export async function simulate(seed: number): Promise<SeedResult> {
  const one = world(seed);
  const findings = new Findings();
  const rejected = (error: unknown) => findings.expect("nothing is thrown", false, () => `unhandled: ${messageOf(error)}`);
  process.on("unhandledRejection", rejected);
  try {
    return await run(seed, one, findings);
  } finally {
    await setImmediate(); // what was rejected last is reported in this turn
    process.off("unhandledRejection", rejected);
  }
}

async function run(seed: number, one: World, findings: Findings): Promise<SeedResult> {
  const site = openSite(one);
  const told = history();
  await driven(
    one,
    site.process().then((process) => seedShop(process, CLIENTS, one.random("stock"))),
  );
  site.begin();
  const parts = { world: one, site, history: told };
  const known = { orders: [], placed: new Set<string>() };
  // Of either process: some follow the movement that is held up, some come in between.
  const receive = (productId: string) => void ask(parts, "supplier", { kind: "receive", productId, quantity: 1 });
  site.onHeldUp = (productId) => [1, 2, 3, 4].forEach(() => receive(productId));
  const days = Promise.all(CLIENTS.map((client) => clientDay(parts, client, known)));
  const isOver = await driven(one, days, DAY_MS);
  findings.expect("liveness", isOver, () => "the clients' day does not end");
  site.calm();
  const evening = workEnds(parts)
    .then(() => troubled(parts, () => lateWishes(parts, known)))
    .then(() => workEnds(parts));
  const hasEnded = await driven(one, evening, DRAIN_MS);
  findings.expect("liveness", hasEnded, () => "the work does not end");
  const isDrained = await one.run(() => site.isDrained(), DRAIN_MS);
  findings.expect("liveness", isDrained, () => "what is derived does not reach the head of the log");
  const virtualMs = one.clock.elapsed();
  const state = await judge(one, site, told, findings);
  const orders = state.log.filter(({ type }) => type === "OrderPlaced").length;
  findings.expect("enough happened", orders >= ORDERS_MIN, () => `only ${orders} orders`);
  const kinds = Object.values(site.faults.struck).filter((count) => count > 0).length;
  findings.expect("enough happened", kinds >= KINDS_MIN, () => `only ${kinds} kinds of fault`);
  return {
    seed,
    site: site.kind,
    violations: findings.violations,
    counts: countsOf(told),
    faults: site.faults.struck,
    deaths: site.deaths(),
    orders,
    facts: state.log.length,
    units: site.journal.entries.reduce((sum, { units }) => sum + units.length, 0),
    virtualMs,
    hash: one.trace.hash(),
    trace: findings.violations.length > 0 ? one.trace.tail() : [],
  };
}

function countsOf({ operations }: History): SeedResult["counts"] {
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const { outcome } of operations) counts[outcome === "open" ? "info" : outcome]++;
  return counts;
}

/** Reads the durable state once more, and has every checker look at it. */
async function judge(one: World, site: Site, told: History, findings: Findings): Promise<RawState> {
  const deaths = site.deaths();
  findings.expect("enough happened", deaths > 0, () => "no process died");
  const reading = site.reopen().then(async (engine) => ({
    state: await rawState(engine, COLLECTIONS),
    due: (await Promise.all(QUEUES.map((queue) => engine.listDue(queue, Infinity)))).flat(),
  }));
  await driven(one, reading);
  const { state, due } = await reading;
  const model = checkStore(site.journal, site.record, state, findings);
  checkPositions(site.told, model, state, findings);
  checkOrders(told.operations, state, findings);
  checkKeys(told.operations, state, findings);
  checkSearchRows(told.operations, state, findings);
  checkDetails(state, findings);
  checkTally(state, findings);
  checkSeals(state, findings);
  checkStock(told.operations, site.record.reads, state, findings);
  checkLedger(state, findings);
  checkFulfilment(site.outside, state, findings);
  checkReturns(told.operations, site.outside, state, findings);
  checkQueues(due, state, findings);
  checkDeliveries(site.outside, state, findings);
  checkDisputes(site.outside, state, findings);
  checkExpiries(told.operations, state, findings);
  const troubles = Object.values(site.faults.struck).reduce((sum, count) => sum + count, deaths);
  checkLetters(site.outside.letters, state, troubles, findings);
  return state;
}

/** Once more under faults, and for as long after it as what it began takes. */
async function troubled({ world: { clock }, site }: ClientParts, task: () => Promise<void>): Promise<void> {
  site.trouble();
  await task();
  await sleep(clock, TROUBLED_MS);
  site.calm();
}

/** Lets the world go on until the task is done; false when it does not end. */
async function driven(one: World, task: Promise<unknown>, withinMs = 60_000): Promise<boolean> {
  let isDone = false;
  void task.then(
    () => (isDone = true),
    () => (isDone = true),
  );
  const isOver = await one.run(() => isDone, withinMs);
  if (isOver) await task;
  return isOver;
}
