import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { archive as archiveFacts } from "@daybook/data/event-store/archiver";
import type { Store, StoredEvent } from "@daybook/data/store";
import { overSegments } from "@daybook/data/store/archive/archived-store";
import { Segments } from "@daybook/data/store/archive/segments";
import { memoryEngine } from "@daybook/data/store/memory";
import { memoryFactRemoval } from "@daybook/data/store/memory/fact-removal";
import { emptyState, type MemoryState } from "@daybook/data/store/memory/state";
import { segmentFolder } from "@daybook/data/store/sqlite/segment-folder";
import { sleep, type Clock } from "@daybook/kernel/clock";
import { levelName } from "@daybook/messaging/queue";
import { world } from "@daybook/testing/simulation/world";
import { notificationQueue } from "../../shop/notifications/notifications.ts";
import { ask } from "../simulation/client.ts";
import { history } from "../simulation/operation.ts";
import { seedShop } from "../simulation/seed-shop.ts";
import { openSite, type Site, type SiteOptions } from "../simulation/site.ts";
import { workEnds } from "../simulation/work-end.ts";

const DAYS = 24 * 60 * 60 * 1_000;
const ROUND_MS = 3 * DAYS;
const ORDERS = 3;
/** From here on, 42 days, everything that is kept for a while has its full size: the longest is kept for 30 days. */
const FULL_AFTER = 14;
const ROUNDS = 12;

/** What grows with the number of orders, and how many of each an order adds; the rest of the list grows with the facts. */
const PER_ORDER = { "rows of orders": 1, "rows of order-details.1": 1, "rows of workflow": 1, "keys of workflow": 1 };
const PER_FACT = ["facts", "rows of seals", "units"];
/** Some rounds' worth: what is over is looked at again now and then. Anything that grew by one a round would pass it. */
const SLACK = 3 * ORDERS;

/** Facts older than this are archived where the archive is on. */
const OLD_MS = 15 * DAYS;

test(
  "at a steady rate of orders nothing grows but facts, units, seals, and an order's own rows, run and run's id",
  { timeout: 300_000 },
  async (t) => {
    const { before, after } = await steadyRate(undefined);
    const grown = [...after].map(([what, size]) => [what, size - (before.get(what) ?? 0)] as const);
    const growing = grown.filter(([, by]) => by > SLACK).map(([what]) => what);
    assert.deepEqual(growing.sort(), [...PER_FACT, ...Object.keys(PER_ORDER)].sort(), JSON.stringify(grown));
    const orders = ORDERS * ROUNDS;
    for (const [what, each] of Object.entries(PER_ORDER)) {
      assert.ok(Math.abs((Object.fromEntries(grown)[what] ?? 0) - each * orders) <= SLACK, what);
    }
    for (const what of [
      "work",
      "messages of workflow/fulfilment",
      "messages of queue/notifications/dead",
      "keys of reservation",
    ]) {
      assert.ok((after.get(what) ?? 0) > 0, `${what} is kept for a while`);
    }
    t.diagnostic(grown.map(([what, by]) => `${what} ${by / orders}`).join(", "));
  },
);

test(
  "with an archive facts and seals do not grow either, and the first order is shown whole",
  { timeout: 300_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "daybook-retention-"));
    let state = emptyState();
    const makeEngine = (clock: Clock) => memoryEngine({ clock, state: (state = emptyState()) });
    const cold = segmentFolder(folder);
    const { before, after, first } = await steadyRate({ makeEngine, cold, state: () => state });
    const grownBy = (what: string) => (after.get(what) ?? 0) - (before.get(what) ?? 0);
    const aRound = grownBy("facts") / ROUNDS;
    assert.ok(aRound > 20, "facts are written");
    assert.ok(Math.abs(grownBy("facts in the store")) < 2 * aRound, `${grownBy("facts in the store")} facts`);
    assert.ok(Math.abs(grownBy("rows of seals")) < grownBy("facts") / 20, `${grownBy("rows of seals")} seals`);
    assert.ok((after.get("facts in the store") ?? 0) < (after.get("facts") ?? 0) / 3);
    assert.ok(first.before.length > 10);
    assert.deepEqual(first.after, first.before, "all that was told of the first order is told of it yet");
    await rm(folder, { recursive: true });
    t.diagnostic([...after].map(([what, size]) => `${what} ${size}`).join(", "));
  },
);

interface SteadyArchive extends Required<SiteOptions> {
  readonly state: () => MemoryState;
}

/** Sizes before and after, and what is told of the first order; rounds of orders, three days each. */
async function steadyRate(archived: SteadyArchive | undefined) {
  const one = world(1);
  const site = openSite(one, archived ?? {});
  const parts = { world: one, site, history: history() };
  const done = async <T>(task: Promise<T>): Promise<T> => {
    let isDone = false;
    void task.finally(() => (isDone = true)).catch(() => {});
    assert.ok(await one.run(() => isDone, 3_600_000), "it comes to an end");
    return task;
  };
  site.begin(); // what is handed over is brought to the carrier from here on
  site.calm();
  await done(site.process().then((process) => seedShop(process, ["cus_1"], one.random("stock"))));
  const round = async (number: number) => {
    for (let n = 0; n < ORDERS; n++) await done(ask(parts, "cus_1", receive()));
    for (let n = 0; n < ORDERS; n++)
      await done(ask(parts, "cus_1", place(n === 0 ? "tok_declined" : "tok_ok"), `${number}/${n}`));
    await done(unreadable(site, number));
    await done(workEnds(parts));
    one.clock.jump(ROUND_MS);
    await done(sleep(one.clock, 75_000)); // longer than anybody waits before they look again
    if (archived) await done(archive(site, archived));
  };
  await round(0);
  const firstBefore = await done(told(site));
  for (let number = 1; number < FULL_AFTER; number++) await round(number);
  const before = await done(sizes(site, archived));
  for (let number = 0; number < ROUNDS; number++) await round(FULL_AFTER + number);
  const after = await done(sizes(site, archived));
  return { before, after, first: { before: firstBefore, after: await done(told(site)) } };
}

/** As the shop does once a day. */
async function archive(site: Site, { cold, state }: SteadyArchive): Promise<void> {
  const { store, clock, ids } = await site.process();
  const archived = overSegments(store, new Segments({ hot: store, place: cold, clock, ageMaxMs: 0 }));
  const rule = { ageMs: OLD_MS, factsLeast: 1 };
  await archiveFacts({ store: archived, openRemoval: () => memoryFactRemoval(state()), clock, ids, owner: "one", rule });
}

/** Every fact of the first order that was carried out, by its stream and by its case. */
async function told(site: Site): Promise<readonly StoredEvent[]> {
  const { store } = await site.process();
  const { events } = await store.readLog({ after: 0, categories: ["shipment"], limit: 1 });
  const meta = JSON.parse(events[0]?.meta ?? "{}") as { readonly correlation: string };
  const life = (await store.readCorrelation(meta.correlation)).filter(({ position }) => position > 0);
  const order = life.find(({ stream }) => stream.startsWith("order-"))?.stream ?? "";
  return [...life, ...(await store.readStream(order)), ...(await store.readStream(order, { direction: "backwards" }))];
}

function receive() {
  return { kind: "receive", productId: "teapot", quantity: 1 } as const;
}

function place(token: string) {
  const contact = { firstName: "Ada", lastName: "Sample", email: "ada@example.org" };
  const items = [{ productId: "teapot", quantity: 1 }];
  return { kind: "place", input: { customerId: "cus_1", contact, items, payment: { kind: "card", token } } } as const;
}

/** A message that nobody can read becomes a dead letter. */
async function unreadable(site: Site, number: number): Promise<void> {
  const { store, ids } = await site.process();
  const cause = { correlation: "cor_1", actor: "usr_1", tenant: "default" };
  const message = { kind: "schedule", queue: levelName(notificationQueue, 0), id: `bad-${number}`, at: 0, payload: "{" } as const;
  await store.commit({ id: ids("unt"), cause, conditions: [], effects: [message] });
}

/** How many of each thing the store holds, by kind. */
async function sizes(site: Site, archived?: SteadyArchive): Promise<ReadonlyMap<string, number>> {
  const { store } = await site.process();
  const units = site.journal.entries.flatMap((entry) => entry.units);
  const facts = (await store.head()).position;
  const found = new Map([
    ["facts", facts],
    ["units", units.length],
    ["work", (await store.listNames("work")).length],
    ["leases", (await store.listNames("lease")).length],
  ]);
  for (const { data } of archived?.state().log ?? []) {
    const what = data === "" ? "markers, and what was removed" : "facts in the store";
    found.set(what, (found.get(what) ?? 0) + 1);
  }
  const add = (what: string, count: number) => found.set(what, (found.get(what) ?? 0) + count);
  for (const queue of await store.listNames("queue")) {
    add(`messages of ${queue.replace(/\/\d+$/, "")}`, (await store.listDue(queue, Infinity)).length);
  }
  const effects = units.flatMap((unit) => unit.effects);
  for (const collection of new Set(effects.flatMap((effect) => (effect.kind === "putRow" ? [effect.collection] : [])))) {
    add(`rows of ${collection}`, await store.countRows({ collection }, 1_000_000));
  }
  for (const key of await allKeys(store)) add(`keys of ${key.replace(/\/.*/, "")}`, 1);
  return found;
}

async function allKeys(store: Store): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const page = await store.listKeys("", after === "" ? {} : { after });
    for (const { key } of page) keys.push(key);
    after = page.at(-1)?.key;
  }
  return keys;
}
