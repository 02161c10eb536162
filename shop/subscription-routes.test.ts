import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { subscribe, type Subscription } from "@daybook/data/event-store/subscription";
import { memoryStore } from "@daybook/data/store/memory";
import { defineError } from "@daybook/kernel/errors";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { httpTrial } from "@daybook/testing/http-trial";
import { z } from "zod";
import { SUBSCRIPTION_STATUSES, subscriptionRoutes } from "./subscription-routes.ts";

const TYPES = { Noted: recordType({ name: "Noted", schema: z.strictObject({ n: z.int() }) }) };
const CONTEXT = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };
const inVain = defineError({ code: "trial-in-vain", advice: "Repair it." });

/** A log of numbers and a subscription that fails at some of them. */
function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const events = eventStore(store, TYPES, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  const poison = new Map<number, Error>();
  let running: Subscription | undefined;
  const { ask } = httpTrial({
    routes: subscriptionRoutes({ names: ["notes"], store, clock, ids, running: () => (running ? [running.status()] : []) }),
    clock,
    statuses: SUBSCRIPTION_STATUSES,
    customers: ["cus_1"],
  });

  /** Runs the subscription until it is at the head of the log and nobody wants anything handled again, and stops it. */
  async function run(): Promise<void> {
    running = subscribe({
      name: "notes",
      events,
      clock,
      ids,
      owner: "one",
      poison: "park",
      policy: { attemptsMax: 2 },
      handleEach({ event }) {
        const { n } = event.data as { n: number }; // of a Noted
        const error = poison.get(n);
        if (error) throw error;
        return [{ kind: "append", stream: "handled-a", as: "work", events: [{ type: "Noted", schemaVersion: 1, data: `${n}` }] }];
      },
    });
    for (let turn = 0; turn < 400; turn++) {
      await setImmediate();
      if (turn % 4 === 3) clock.advance(10);
    }
    await running.stop();
    running = undefined;
  }

  async function note(...numbers: readonly number[]): Promise<void> {
    const noted = numbers.map((n) => ({ type: "Noted" as const, data: { n } }));
    await events.append({ unitId: ids("unt"), stream: "note-a", events: noted, context: CONTEXT });
  }

  /** In that order. */
  const handled = async () => (await store.readStream("handled-a", { as: "work" })).map(({ data }) => Number(data));
  const get = async (path = "", as = "operator") => (await ask("GET", `/api/v1/subscriptions${path}`, { as })).json;
  const post = (path: string, body: unknown, as = "operator") => ask("POST", `/api/v1/subscriptions/notes${path}`, { as, body });
  const positions = async () => ((await get("/notes/parked"))["events"] as { position: number }[]).map((each) => each.position);
  return { store, poison, handled, ask, run, note, get, post, positions };
}

async function parked() {
  const all = trial();
  await all.note(1, 2, 3, 4);
  all.poison.set(2, new TypeError("no")).set(3, inVain("never"));
  await all.run();
  return all;
}

void describe("subscriptions over HTTP", () => {
  void test("say how far they are and what they parked, by cause; each parked event says why, whence and how often", async () => {
    const { get, positions, handled } = await parked();
    assert.deepEqual(await handled(), [1, 4]);
    const byCause = [
      { cause: "unexpected", count: 1 },
      { cause: "trial-in-vain", count: 1 },
    ];
    assert.deepEqual((await get())["subscriptions"], [{ name: "notes", position: 4, lag: 0, parked: { total: 2, byCause } }]);
    assert.deepEqual(await positions(), [2, 3]);
    const event = await get("/notes/parked/2", "viewer");
    assert.deepEqual([event["cause"], event["redrives"]], [{ code: "unexpected", message: "no" }, 0]);
    assert.deepEqual((event["attempts"] as { count: number }).count, 2);
    assert.equal((event["origin"] as { stream: string }).stream, "note-a");
  });

  void test("list parked events in pages", async () => {
    const { get } = await parked();
    const first = await get("/notes/parked?limit=1");
    const rest = await get(`/notes/parked?limit=1&cursor=${String(first["next"])}`);
    const of = (page: Readonly<Record<string, unknown>>) => (page["events"] as { position: number }[])[0]?.position;
    assert.deepEqual([of(first), of(rest)], [2, 3]);
  });

  void test("redrive one, all of one cause, or all; what fails again stays parked, what succeeds was handled once", async () => {
    const { post, run, poison, handled, positions } = await parked();
    const preview = await post("/redrive", { all: true, dryRun: true });
    assert.deepEqual([preview.json["wouldRedrive"], preview.json["redriven"]], [2, 0]);
    await run();
    assert.deepEqual(await positions(), [2, 3], "a preview does nothing");
    poison.delete(2);
    assert.deepEqual((await post("/redrive", { all: true })).json, { redriven: 2 });
    await run();
    assert.deepEqual([await handled(), await positions()], [[1, 4, 2], [3]]);
    poison.clear();
    assert.deepEqual((await post("/redrive", { cause: "unexpected" })).json, { redriven: 0 });
    assert.deepEqual((await post("/redrive", { cause: "trial-in-vain" })).json, { redriven: 1 });
    await run();
    assert.deepEqual([await handled(), await positions()], [[1, 4, 2, 3], []]);
    const gone = await post("/redrive", { position: 3 });
    assert.deepEqual([gone.status, gone.json["code"]], [404, "parked-event-unknown"]);
  });

  void test("drop one for ever, with the operator's name on it", async () => {
    const { post, run, poison, handled, positions, store } = await parked();
    assert.equal((await post("/parked/2/drop", { dryRun: true })).json["position"], 2);
    assert.deepEqual(await positions(), [2, 3]);
    assert.deepEqual((await post("/parked/2/drop", {})).json, { position: 2, isDropped: true });
    assert.equal((await post("/parked/2/drop", {})).status, 404);
    poison.clear();
    await post("/redrive", { all: true });
    await run();
    assert.deepEqual([await handled(), (await store.head()).position], [[1, 4, 3], 4]);
  });

  void test("are for operators; wrong input is refused and changes nothing", async () => {
    const { ask, post, positions } = await parked();
    for (const as of ["cus_1"]) assert.equal((await ask("GET", "/api/v1/subscriptions", { as })).status, 403);
    assert.equal((await post("/redrive", { all: true }, "viewer")).status, 403);
    for (const body of [{}, { all: true, position: 2 }, { position: 0 }, { position: "2" }, { all: false }, { every: true }])
      assert.equal((await post("/redrive", body)).json["code"], "request-invalid", JSON.stringify(body));
    for (const path of ["/api/v1/subscriptions/none/parked", "/api/v1/subscriptions/notes/parked/9"])
      assert.equal((await ask("GET", path)).status, 404, path);
    assert.equal((await ask("GET", "/api/v1/subscriptions/notes/parked/x")).status, 400);
    assert.equal((await ask("GET", "/api/v1/subscriptions/notes/parked?cursor=x")).json["code"], "cursor-invalid");
    assert.deepEqual(await positions(), [2, 3]);
  });
});
