import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { personal } from "@daybook/kernel/personal";
import { seededRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { queue } from "@daybook/messaging/queue";
import { receiver } from "@daybook/messaging/queue/receiver";
import { sender } from "@daybook/messaging/queue/send";
import { httpTrial } from "@daybook/testing/http-trial";
import { z } from "zod";
import { QUEUE_STATUSES, queueRoutes } from "./queue-routes.ts";

const parcels = queue({
  name: "parcels",
  message: recordType({ name: "Parcel", schema: z.strictObject({ n: z.int() }) }),
  priorities: 2,
});
const mails = queue({
  name: "mails",
  message: recordType({
    name: "Mail",
    schema: z.strictObject({ to: z.string(), text: personal(z.string()) }),
    subject: ({ to }: { to: string }) => to,
  }),
});

const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const random = seededRandom(1);
  const common = { store, clock, ids: idSource(clock, random), random };
  const keys = memoryKeys();
  const { ask } = httpTrial({
    routes: queueRoutes({ queues: [parcels, mails], ...common, keys }),
    clock,
    statuses: QUEUE_STATUSES,
  });
  const parcelSender = sender({ queue: parcels, ...common });
  const send: typeof parcelSender.send = (message, envelope) => parcelSender.send(message, envelope);
  const taker = receiver({ queue: parcels, ...common });
  const get = async (path: string) => (await ask("GET", `/api/v1/queues${path}`)).json;
  const post = (path: string, body: unknown, as = "operator") => ask("POST", `/api/v1/queues/parcels${path}`, { as, body });
  /** A message that is parked for this reason. */
  async function parked(n: number, error: Error): Promise<string> {
    const id = await send({ n }, { context });
    const [delivery] = await taker.receive({ max: 1 });
    assert.equal(await delivery?.park(error), "parked");
    return id;
  }
  const taken = async () => (await taker.receive({ max: 100 })).map(({ message }) => message.n);
  return { clock, store, keys, ask, get, post, send, taker, taken, parked, common };
}

void describe("queues over HTTP", () => {
  void test("say how many messages are ready, delayed, in flight and dead, and since when the oldest is ready", async () => {
    const { get, send, taker, parked, clock } = trial();
    await parked(0, new TypeError("no"));
    await send({ n: 1 }, { context });
    await taker.receive({ max: 1 });
    const since = clock.now();
    await send({ n: 2 }, { context, priority: 1 });
    await send({ n: 3 }, { context, delayMs: 60_000 });
    clock.advance(10);
    const { settings, ...body } = await get("/parcels");
    assert.deepEqual(body, {
      name: "parcels",
      isPaused: false,
      depth: 3,
      ready: 1,
      delayed: 1,
      inFlight: 1,
      readySince: since,
      isCapped: false,
      dead: { total: 1, byCause: [{ cause: "unexpected", count: 1 }] },
    });
    assert.equal((settings as { visibilityMs: number }).visibilityMs, 30_000);
    const { queues } = await get("");
    assert.deepEqual((queues as { name: string }[]).map(({ name }) => name), ["mails", "parcels"]); // prettier-ignore
  });

  void test("are browsed by pages, and nothing is taken by it", async () => {
    const { ask, get, send, taken } = trial();
    for (const n of [1, 2, 3]) await send({ n }, { context });
    const first = await ask("GET", "/api/v1/queues/parcels/messages?limit=2");
    assert.match(String(first.headers["link"]), /rel="next"/);
    const second = await get(`/parcels/messages?limit=2&cursor=${String(first.json["next"])}`);
    const bodies = (json: Readonly<Record<string, unknown>>) => (json["messages"] as { body: unknown }[]).map(({ body }) => body);
    assert.deepEqual([...bodies(first.json), ...bodies(second)], [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.equal(second["next"], undefined);
    assert.deepEqual(await taken(), [1, 2, 3]);
  });

  void test("are paused and resumed, each with a preview that does nothing, and the actor is recorded", async () => {
    const { post, send, taken, store } = trial();
    await send({ n: 1 }, { context });
    const preview = await post("/pause", { dryRun: true });
    assert.deepEqual(preview.json, { dryRun: true, name: "parcels", isPaused: false, becomes: { isPaused: true } });
    assert.deepEqual((await post("/pause", {})).json, { name: "parcels", isPaused: true });
    assert.deepEqual(await taken(), []);
    assert.deepEqual((await post("/resume", {})).json, { name: "parcels", isPaused: false });
    assert.deepEqual(await taken(), [1]);
    const acts = await store.readStream("queue-parcels", { as: "work" });
    const said = acts.map(({ type, meta }) => [type, (JSON.parse(meta) as { actor: string }).actor]);
    assert.deepEqual(said, [["QueuePaused", "operator"], ["QueueResumed", "operator"]]); // prettier-ignore
  });

  void test("are changed by operators only, and only those that there are", async () => {
    const { ask, post } = trial();
    assert.equal((await post("/pause", {}, "viewer")).status, 403);
    assert.equal((await ask("GET", "/api/v1/queues", { as: "viewer" })).status, 200);
    const unknown = await ask("GET", "/api/v1/queues/letters");
    assert.deepEqual([unknown.status, unknown.json["code"]], [404, "not-found"]);
    assert.match(String(unknown.json["detail"]), /mails, parcels/);
  });
});

void describe("dead letters over HTTP", () => {
  void test("are listed by cause, and redriven one, of one cause, or all, each after a preview that does nothing", async () => {
    const { get, post, parked, taken } = trial();
    const [a] = [await parked(1, new TypeError("x")), await parked(2, new TypeError("y")), await parked(3, new TypeError("z"))];
    const { letters } = await get("/parcels/dead?cause=unexpected");
    const shown = (letters as { body: unknown; cause: { message: string } }[]).map(({ body, cause }) => [body, cause.message]);
    assert.deepEqual(shown, [[{ n: 1 }, "x"], [{ n: 2 }, "y"], [{ n: 3 }, "z"]]); // prettier-ignore
    const preview = { wouldRedrive: 3, wouldStay: 0, byCause: [{ cause: "unexpected", count: 3 }] };
    const previewed = await post("/redrive", { all: true, dryRun: true });
    assert.deepEqual(previewed.json, { dryRun: true, redriven: 0, ...preview });
    assert.deepEqual(await taken(), []);
    assert.equal((await post("/redrive", { id: a, dryRun: true })).json["wouldRedrive"], 1);
    assert.deepEqual((await post("/redrive", { id: a })).json, { redriven: 1 });
    assert.deepEqual(await taken(), [1]);
    assert.deepEqual((await post("/redrive", { cause: "other" })).json, { redriven: 0 });
    assert.deepEqual((await post("/redrive", { cause: "unexpected" })).json, { redriven: 2 });
    assert.deepEqual(await taken(), [2, 3]);
    const again = await post("/redrive", { id: a });
    assert.deepEqual([again.status, again.json["code"]], [404, "dead-letter-unknown"]);
    for (const which of [{}, { id: a, all: true }]) assert.equal((await post("/redrive", which)).status, 400);
  });

  void test("that cannot be read are edited by what fits, then redriven", async () => {
    const { get, post, store, taken } = trial();
    const cause = { correlation: "cor_p", actor: "usr_1", tenant: "shop" };
    const poison = { kind: "schedule", queue: "queue/parcels/0", id: "poison", at: 0, payload: "no message" } as const;
    await store.commit({ id: "plant", cause, conditions: [], effects: [poison] });
    assert.deepEqual(await taken(), []);
    assert.equal((await get("/parcels/dead/poison"))["body"], "no message");
    const preview = await post("/redrive", { all: true, dryRun: true });
    assert.deepEqual([preview.json["wouldRedrive"], preview.json["wouldStay"]], [0, 1]);
    const refused = await post("/redrive", { id: "poison" });
    assert.deepEqual([refused.status, refused.json["code"]], [409, "message-unreadable"]);
    const wrong = await post("/dead/poison/edit", { message: { n: "one" } });
    assert.deepEqual([wrong.status, (wrong.json["errors"] as { pointer: string }[])[0]?.pointer], [400, "/message/n"]);
    assert.deepEqual((await post("/dead/poison/edit", { message: { n: 7 }, dryRun: true })).json["becomes"], { n: 7 });
    assert.equal((await get("/parcels/dead/poison"))["body"], "no message");
    const edited = await post("/dead/poison/edit", { message: { n: 7 } });
    assert.deepEqual([edited.json["body"], (edited.json["edits"] as { actor: string }[])[0]?.actor], [{ n: 7 }, "operator"]);
    await post("/redrive", { id: "poison" });
    assert.deepEqual(await taken(), [7]);
  });

  void test("keep personal data sealed when they are edited", async () => {
    const { ask, common, keys } = trial();
    const envelope = { context, subjectKeys: await keys.ensure(["cus_1"]) };
    await sender({ queue: mails, ...common }).send({ to: "cus_1", text: "hello" }, envelope);
    const [delivery] = await receiver({ queue: mails, ...common }).receive({ max: 1 });
    await delivery?.park(new TypeError("x"));
    const at = `/api/v1/queues/mails/dead/${delivery?.id}`;
    const edited = await ask("POST", `${at}/edit`, { body: { message: { to: "cus_1", text: "good-bye" } } });
    assert.equal(edited.status, 200);
    assert.doesNotMatch((await ask("GET", at)).text, /hello|good-bye/);
  });

  void test("are discarded for ever", async () => {
    const { get, post, parked } = trial();
    const id = await parked(1, new TypeError("x"));
    assert.equal((await post(`/dead/${id}/discard`, { dryRun: true })).json["id"], id);
    assert.equal((await get(`/parcels/dead/${id}`))["id"], id);
    assert.deepEqual((await post(`/dead/${id}/discard`, {})).json, { id, isDiscarded: true });
    assert.equal((await get(`/parcels/dead/${id}`))["code"], "dead-letter-unknown");
  });
});
