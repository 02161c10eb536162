import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { httpTrial, type TrialAnswer } from "@daybook/testing/http-trial";
import { workflowClient } from "@daybook/workflow/client";
import { step, workflow } from "@daybook/workflow/definition";
import { WorkflowEngine } from "@daybook/workflow/engine";
import { implement } from "@daybook/workflow/implement";
import { z } from "zod";
import { WORKFLOW_STATUSES, workflowRoutes } from "./workflow-routes.ts";

const reserve = step({ name: "reserve", input: z.string(), output: z.string() });
const release = step({ name: "release", input: z.string(), output: z.null() });
const sell = workflow({
  name: "sell",
  input: z.string(),
  output: z.string(),
  messages: { signals: { paid: z.strictObject({ by: z.string() }) } },
  run: async (ctx, product) => {
    await ctx.step(reserve, product, { undo: release });
    const { by } = await ctx.signal("paid");
    return ctx.step(reserve, `${product} for ${by}`);
  },
});

/** Runs of `sell`, an engine that carries them out, and the routes over it. */
async function trial(...ids: readonly string[]) {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const random = seededRandom(1);
  const common = { store, clock, random, ids: idSource(clock, random) };
  const done: string[] = [];
  const say = (words: string) => (word: string) => (done.push(`${words} ${word}`), word);
  const steps = [implement(reserve, say("reserve")), implement(release, (word) => (say("release")(word), null))];
  const engine = new WorkflowEngine({ ...common, owner: "test", workflows: [sell], steps });
  const { ask } = httpTrial({ routes: workflowRoutes({ workflows: () => engine }), clock, statuses: WORKFLOW_STATUSES });

  async function until<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const settle = () => (state.isSettled = true);
    promise.then(settle, settle);
    for (let turn = 0; !state.isSettled; turn++) {
      assert.ok(turn < 5_000, "it settles");
      await setImmediate();
      if (turn % 10 === 9) clock.advance(10);
    }
    return promise;
  }
  const get = (path: string, as?: string) => until(ask("GET", `/api/v1/workflows${path}`, as === undefined ? {} : { as }));
  const post = (path: string, body: unknown, as = "operator"): Promise<TrialAnswer> =>
    until(ask("POST", `/api/v1/workflows/${path}`, { body, as }));
  const waits = async (id: string) => ((await get(`/${id}`)).json["waits"] as { text: string }[]).map(({ text }) => text);
  const cause = { correlation: "cor_1", actor: "usr_1", tenant: "shop" };
  for (const id of ids) await until(engine.start(sell, { id, input: "tea", cause, attributes: { customer: `of ${id}` } }));
  for (const id of ids) while ((await waits(id))[0] !== "waiting for signal paid");
  return { ask, get, post, waits, engine, store, common, done, until, stop: () => until(engine.stop()) };
}

const idsOf = ({ json }: TrialAnswer) => (json["workflows"] as { id: string }[]).map(({ id }) => id);

void describe("workflows over HTTP", () => {
  void test("are listed by status, name and attribute, by pages", async () => {
    const { get, stop } = await trial("a", "b", "c");
    assert.deepEqual(idsOf(await get("?status=running&workflow=sell")), ["a", "b", "c"]);
    assert.deepEqual(idsOf(await get("?attribute=customer%3Dof%20b")), ["b"]);
    assert.deepEqual(idsOf(await get("?status=completed")), []);
    assert.deepEqual(idsOf(await get("?needsAttention=true")), []);
    const first = await get("?limit=2");
    assert.deepEqual(idsOf(await get(`?limit=2&cursor=${String(first.json["next"])}`)), ["c"]);
    assert.equal((await get("?cursor=nonsense")).json["code"], "cursor-invalid");
    assert.equal((await get("?attribute=customer")).status, 400);
    await stop();
  });

  void test("are signalled by name, and end with their result", async () => {
    const { get, post, stop, done } = await trial("a");
    assert.equal((await post("a/signal", { name: "paid", value: { by: "x" }, dryRun: true })).json["dryRun"], true);
    const wrong = await post("a/signal", { name: "paid", value: 7 });
    assert.deepEqual([wrong.status, wrong.json["code"]], [400, "workflow-value-invalid"]);
    assert.equal((await post("a/signal", { name: "said", value: 7 })).json["code"], "workflow-not-registered");
    assert.deepEqual(done, ["reserve tea"]);
    assert.equal((await post("a/signal", { name: "paid", value: { by: "Ann" } })).status, 200);
    while ((await get("/a")).json["status"] !== "completed");
    const { result, waits } = (await get("/a")).json;
    assert.deepEqual([result, waits, done], ["tea for Ann", [], ["reserve tea", "reserve tea for Ann"]]);
    assert.equal((await post("a/signal", { name: "paid", value: { by: "Bob" } })).json["code"], "workflow-ended");
    await stop();
  });

  void test("are paused, resumed and cancelled, with previews, and history says by whom and why", async () => {
    const { get, post, waits, stop, done } = await trial("a");
    const preview = await post("a/pause", { reason: "audit", dryRun: true });
    assert.deepEqual(preview.json, { dryRun: true, id: "a", status: "running", becomes: "paused" });
    assert.equal((await get("/a")).json["status"], "running");
    assert.equal((await post("a/pause", { reason: "audit" })).json["status"], "paused");
    assert.deepEqual(await waits("a"), ["paused: audit", "waiting for signal paid"]);
    assert.equal((await post("a/resume", { reason: "all well" })).json["status"], "running");
    assert.deepEqual((await post("a/cancel", { reason: "late", dryRun: true })).json["undoes"], ["1 reserve"]);
    assert.deepEqual(done, ["reserve tea"]);
    assert.equal((await post("a/cancel", { reason: "late" })).status, 200);
    while ((await get("/a")).json["endedAt"] === undefined);
    assert.deepEqual(done, ["reserve tea", "release tea"]);
    const { entries } = (await get("/a/history")).json as { entries: { kind: string; request?: { kind: string; by: string; reason?: string } }[] }; // prettier-ignore
    const given = entries.flatMap(({ request }) => (request ? [[request.kind, request.by, request.reason]] : []));
    assert.deepEqual(given, [["pause", "operator", "audit"], ["resume", "operator", "all well"], ["cancel", "operator", "late"]]); // prettier-ignore
    assert.equal((await post("a/pause", { reason: "late", dryRun: true })).json["code"], "workflow-refused");
    await stop();
  });

  void test("are reset to a command, and terminated", async () => {
    const { get, post, stop, done } = await trial("a");
    assert.deepEqual((await post("a/reset", { to: "1", reason: "wrong", dryRun: true })).json["repeats"], ["1 reserve"]);
    const unknown = await post("a/reset", { to: "9", reason: "wrong" });
    assert.deepEqual([unknown.status, unknown.json["detail"]], [409, "it has no command 9"]);
    assert.equal((await post("a/reset", { to: "9", reason: "wrong", dryRun: true })).json["detail"], "it has no command 9");
    assert.equal((await post("a/reset", { to: "1", reason: "wrong" })).status, 200);
    while (done.length < 2) await get("/a");
    assert.deepEqual(done, ["reserve tea", "reserve tea"]);
    assert.equal((await post("a/terminate", { reason: "nobody wants it" })).json["status"], "terminated");
    assert.deepEqual(done.length, 2, "nothing is undone");
    await stop();
  });

  void test("are looked at by viewers and changed by operators, and unknown ones are told so", async () => {
    const { get, post, stop } = await trial("a");
    assert.equal((await get("/a", "viewer")).status, 200);
    assert.equal((await get("/a/history", "viewer")).status, 403, "it holds the values of steps");
    assert.equal((await post("a/terminate", { reason: "x" }, "viewer")).status, 403);
    for (const path of ["/b", "/b/history"]) assert.equal((await get(path)).json["code"], "workflow-unknown");
    for (const act of ["cancel", "pause", "resume", "terminate"]) {
      assert.equal((await post(`b/${act}`, { reason: "x" })).json["code"], "workflow-unknown", act);
    }
    assert.equal((await post("a/cancel", {})).status, 400, "a reason is needed");
    await stop();
  });

  void test("without an engine are read, and what is asked of them is recorded for whoever has one", async () => {
    const { engine, common, stop } = await trial("a");
    await stop();
    const client = workflowClient({ ...common, workflows: [sell], isAlone: true });
    const { ask } = httpTrial({ routes: workflowRoutes({ workflows: () => client }), clock: common.clock, statuses: WORKFLOW_STATUSES }); // prettier-ignore
    assert.equal((await ask("GET", "/api/v1/workflows/a")).json["status"], "running");
    const note = "recorded, and done later: no process carries out runs of main now";
    const asked = await ask("POST", "/api/v1/workflows/a/cancel", { body: { reason: "late" } });
    assert.deepEqual([asked.status, asked.json["state"], asked.headers["location"]], [202, "recorded", "/api/v1/workflows/a"]);
    assert.equal(asked.json["note"], `a: ${note}`, "known at once");
    const signalled = await ask("POST", "/api/v1/workflows/a/signal", { body: { name: "paid", value: { by: "card" } } });
    assert.deepEqual([signalled.status, signalled.json["note"]], [200, note]);
    assert.deepEqual(
      (await engine.waits("a")).map(({ text }) => text),
      ["waiting for signal paid", "not given yet: cancel", "not given yet: signal paid"],
    );
  });
});
