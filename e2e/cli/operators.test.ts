import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { NO_ATTEMPTS } from "@daybook/foundation/resilience/attempt-record";
import { parkEffects } from "@daybook/data/event-store/parked-events";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { receiver } from "@daybook/messaging/queue/receiver";
import { sender } from "@daybook/messaging/queue/send";
import { httpTrial, type HttpTrial } from "@daybook/testing/http-trial";
import { step, workflow } from "@daybook/workflow/definition";
import { WorkflowEngine } from "@daybook/workflow/engine";
import { implement } from "@daybook/workflow/implement";
import { z } from "zod";
import { QUEUE_STATUSES, queueRoutes } from "../../shop/queue-routes.ts";
import { SUBSCRIPTION_STATUSES, subscriptionRoutes } from "../../shop/subscription-routes.ts";
import { WORKFLOW_STATUSES, workflowRoutes } from "../../shop/workflow-routes.ts";
import { call, codeOf } from "./call.ts";

const pack = step({ name: "pack", input: z.string(), output: z.string() });
const unpack = step({ name: "unpack", input: z.string(), output: z.null() });
const send = workflow({
  name: "send",
  input: z.string(),
  output: z.string(),
  messages: { signals: { go: z.string() } },
  run: async (ctx, what) => {
    await ctx.step(pack, what, { undo: unpack });
    return ctx.signal("go");
  },
});
const parcels = queue({ name: "parcels", message: recordType({ name: "Parcel", schema: z.strictObject({ n: z.int() }) }) });
const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

/** A server with a queue and an engine, which the command line asks as it would ask any. */
class Trial {
  readonly engine: WorkflowEngine;
  readonly common;
  private readonly http: HttpTrial;
  private url = "";

  constructor() {
    const clock = systemClock;
    const random = seededRandom(1);
    this.common = { store: memoryStore({ clock }), clock, random, ids: idSource(clock, random) };
    const steps = [implement(pack, (what) => what), implement(unpack, () => null)];
    this.engine = new WorkflowEngine({ ...this.common, owner: "test", workflows: [send], steps });
    const routes = [
      ...workflowRoutes({ workflows: () => this.engine }),
      ...queueRoutes({ ...this.common, queues: [parcels], keys: memoryKeys() }),
      ...subscriptionRoutes({ ...this.common, names: ["mailing"], running: () => [] }),
    ];
    this.http = httpTrial({ routes, clock, statuses: { ...WORKFLOW_STATUSES, ...QUEUE_STATUSES, ...SUBSCRIPTION_STATUSES } });
  }

  async open(): Promise<void> {
    this.url = await this.http.server.listen(0);
  }

  ask(...words: readonly string[]) {
    return call([...words, "--url", this.url, "--token", "dbk_operator"]);
  }

  async json(...words: readonly string[]): Promise<Record<string, unknown>> {
    const called = await this.ask(...words, "--json");
    assert.equal(called.code, 0, called.err);
    return JSON.parse(called.out) as Record<string, unknown>;
  }

  /** A run that waits for its signal. */
  async waiting(id: string): Promise<string> {
    await this.engine.start(send, { id, input: "tea", cause: { correlation: "cor_1", actor: "usr_1", tenant: "shop" } });
    while ((await this.engine.waits(id))[0]?.text !== "waiting for signal go") await setImmediate();
    return id;
  }

  /** What a subscription leaves that fails at an event. */
  async park(position: number): Promise<void> {
    const { store, ids } = this.common;
    const meta = { correlation: "cor_1", causation: "cor_1", actor: "usr_1", tenant: "shop" };
    const event = {
      id: "unt_1/0",
      position,
      stream: "parcel-a",
      version: 1,
      recordedAt: 1,
      meta,
      event: { type: "Packed", data: {} },
    };
    const failure = { error: new TypeError("no address"), at: 1, attempts: NO_ATTEMPTS, redrives: 0 };
    const cause = { correlation: "cor_1", actor: "usr_1", tenant: "shop" };
    await store.commit({ id: ids("unt"), cause, conditions: [], effects: parkEffects("mailing", event, failure) });
  }

  async close(): Promise<void> {
    await this.http.server.close(0);
    await this.engine.stop();
    await this.common.store.close();
  }
}

void describe("the command line for operators", () => {
  const trial = new Trial();
  before(() => trial.open());
  after(() => trial.close());

  void test("workflow ls and get show runs, and what they wait for", async () => {
    const id = await trial.waiting("run-1");
    const { out } = await trial.ask("workflow", "ls", "--workflow", "send");
    assert.match(out, /^RUN +WORKFLOW +STATUS/);
    assert.match(out, /\nrun-1 +send +running +\d{4}-/);
    const { waits } = await trial.json("workflow", "get", id);
    assert.deepEqual((waits as { text: string }[]).map(({ text }) => text), ["waiting for signal go"]); // prettier-ignore
    const missing = await trial.ask("workflow", "get", "nothing", "--json");
    assert.deepEqual([missing.code, codeOf(missing)], [3, "workflow-unknown"]);
  });

  void test("workflow signal sends JSON by name, after a dry run that sends nothing", async () => {
    const id = await trial.waiting("run-2");
    assert.equal((await trial.json("workflow", "signal", id, "go", "--value", '"on"', "--dry-run"))["dryRun"], true);
    assert.equal((await trial.engine.get(id))?.status, "running");
    const odd = await trial.ask("workflow", "signal", id, "go", "--value", "on");
    assert.equal(odd.code, 2);
    const unfit = await trial.ask("workflow", "signal", id, "go", "--value", "7", "--json");
    assert.deepEqual([unfit.code, codeOf(unfit)], [2, "workflow-value-invalid"]);
    await trial.json("workflow", "signal", id, "go", "--value", '"on"');
    assert.equal(await trial.engine.result(send, id), "on");
    const late = await trial.ask("workflow", "signal", id, "go", "--value", '"on"', "--json");
    assert.deepEqual([late.code, codeOf(late)], [4, "workflow-ended"]);
  });

  void test("workflow pause, resume, reset, cancel and terminate leave who and why in the history", async () => {
    const id = await trial.waiting("run-3");
    assert.equal((await trial.json("workflow", "pause", id, "--reason", "audit"))["status"], "paused");
    assert.equal((await trial.json("workflow", "resume", id, "--reason", "well"))["status"], "running");
    const preview = await trial.json("workflow", "cancel", id, "--reason", "late", "--dry-run");
    assert.deepEqual(preview["undoes"], ["1 pack"]);
    const history = await trial.ask("workflow", "history", id);
    assert.match(history.out, /given +operator +pause audit\n/);
    assert.match(history.out, /given +operator +resume well\n/);
    const unasked = await trial.ask("workflow", "reset", id, "--to", "1", "--reason", "again", "--json");
    assert.deepEqual([unasked.code, codeOf(unasked)], [2, "confirmation-missing"]);
    assert.equal((await trial.json("workflow", "reset", id, "--to", "1", "--reason", "again", "--yes"))["status"], "running");
    await trial.json("workflow", "cancel", id, "--reason", "late");
    const other = await trial.waiting("run-4");
    assert.equal((await trial.json("workflow", "terminate", other, "--reason", "gone", "--yes"))["status"], "terminated");
    assert.equal((await trial.ask("workflow", "pause", other)).code, 2, "a reason is needed");
    const late = await trial.ask("workflow", "pause", other, "--reason", "late", "--json");
    assert.deepEqual([late.code, codeOf(late)], [4, "workflow-ended"]);
  });

  void test("queue ls, peek, pause and resume show and change a queue, and take nothing", async () => {
    await sender({ queue: parcels, ...trial.common }).send({ n: 1 }, { context });
    assert.match((await trial.ask("queue", "ls")).out, /\nparcels +false +1 +0 +0 +0 +\d{4}-/);
    for (let time = 0; time < 2; time++) assert.match((await trial.ask("queue", "peek", "parcels")).out, /\{"n":1\}/);
    assert.deepEqual((await trial.json("queue", "pause", "parcels", "--dry-run"))["becomes"], { isPaused: true });
    assert.equal((await trial.json("queue", "pause", "parcels"))["isPaused"], true);
    assert.deepEqual(await receiver({ queue: parcels, ...trial.common }).receive({ max: 1 }), []);
    assert.equal((await trial.json("queue", "resume", "parcels"))["isPaused"], false);
    const missing = await trial.ask("queue", "peek", "letters", "--json");
    assert.deepEqual([missing.code, codeOf(missing)], [3, "not-found"]);
  });

  void test("queue dead and redrive list dead letters and send them again, after a dry run that sends nothing", async () => {
    const taker = receiver({ queue: parcels, ...trial.common });
    const [delivery] = await taker.receive({ max: 1 });
    await delivery?.park(new TypeError("no room"));
    assert.match((await trial.ask("queue", "dead", "parcels")).out, /unexpected +no room +cor_1 +\{"n":1\}/);
    const id = delivery?.id ?? "";
    assert.equal((await trial.json("queue", "dead", "parcels", id))["messageId"], id);
    assert.equal((await trial.json("queue", "redrive", "parcels", "--all", "--dry-run"))["wouldRedrive"], 1);
    assert.deepEqual(await taker.receive({ max: 1 }), []);
    assert.equal((await trial.ask("queue", "redrive", "parcels")).code, 2);
    assert.equal((await trial.json("queue", "redrive", "parcels", "--cause", "unexpected"))["redriven"], 1);
    assert.deepEqual((await taker.receive({ max: 1 })).map(({ id: again }) => again), [id]); // prettier-ignore
    const gone = await trial.ask("queue", "redrive", "parcels", id, "--json");
    assert.deepEqual([gone.code, codeOf(gone)], [3, "dead-letter-unknown"]);
  });

  void test("subscription ls, parked, redrive and drop look after events that a subscription passed over", async () => {
    for (const position of [7, 8]) await trial.park(position);
    assert.match((await trial.ask("subscription", "ls")).out, /\nmailing +0 +\d+ +2 *\n/);
    assert.match(
      (await trial.ask("subscription", "parked", "mailing")).out,
      /\n7 +\d{4}-\S+ +Packed +parcel-a +unexpected +no address +0/,
    );
    assert.equal((await trial.json("subscription", "parked", "mailing", "8"))["position"], 8);
    assert.equal((await trial.json("subscription", "redrive", "mailing", "--all", "--dry-run"))["wouldRedrive"], 2);
    assert.equal((await trial.json("subscription", "redrive", "mailing", "7"))["redriven"], 1);
    assert.deepEqual((await trial.common.store.listDue("parked.mailing", 0)).length, 1, "that one is wanted");
    for (const words of [
      ["redrive", "mailing"],
      ["redrive", "mailing", "7", "--all"],
      ["parked", "mailing", "x"],
      ["drop", "mailing"],
    ])
      assert.equal((await trial.ask("subscription", ...words)).code, 2, words.join(" "));
    const unasked = await trial.ask("subscription", "drop", "mailing", "8", "--json");
    assert.deepEqual([unasked.code, codeOf(unasked)], [2, "confirmation-missing"]);
    assert.equal((await trial.json("subscription", "drop", "mailing", "8", "--dry-run"))["dryRun"], true);
    assert.equal((await trial.json("subscription", "drop", "mailing", "8", "--yes"))["isDropped"], true);
    const gone = await trial.ask("subscription", "drop", "mailing", "8", "--yes", "--json");
    assert.deepEqual([gone.code, codeOf(gone)], [3, "parked-event-unknown"]);
    const missing = await trial.ask("subscription", "parked", "letters", "--json");
    assert.deepEqual([missing.code, codeOf(missing)], [3, "not-found"]);
  });
});
