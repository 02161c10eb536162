import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "@daybook/data/store";
import { sleep } from "@daybook/kernel/clock";
import { levelName } from "@daybook/messaging/queue";
import { world } from "@daybook/testing/simulation/world";
import { notificationQueue } from "../../shop/notifications/notifications.ts";
import { ask } from "../simulation/client.ts";
import { history } from "../simulation/operation.ts";
import { seedShop } from "../simulation/seed-shop.ts";
import { openSite, type Site } from "../simulation/site.ts";
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

test(
  "at a steady rate of orders nothing grows but facts, units, seals, and an order's own rows, run and run's id",
  { timeout: 300_000 },
  async (t) => {
    const one = world(1);
    const site = openSite(one);
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
    };
    for (let number = 0; number < FULL_AFTER; number++) await round(number);
    const before = await done(sizes(site));
    for (let number = 0; number < ROUNDS; number++) await round(FULL_AFTER + number);
    const after = await done(sizes(site));
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
async function sizes(site: Site): Promise<ReadonlyMap<string, number>> {
  const { store } = await site.process();
  const units = site.journal.entries.flatMap((entry) => entry.units);
  const found = new Map([
    ["facts", (await store.head()).position],
    ["units", units.length],
    ["work", (await store.listNames("work")).length],
    ["leases", (await store.listNames("lease")).length],
  ]);
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
