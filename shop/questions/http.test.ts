import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { httpTrial } from "@daybook/testing/http-trial";
import { context, trialQuestions } from "./conformance/trial.ts";
import { QUESTION_STATUSES, questionRoutes } from "./http.ts";

const LOST = { cause: "charge-missing", subject: "k1", key: "k1", orderId: "ord_1", found: "There: nothing. Here: completed." };
const ODD = { cause: "hook-unknown", subject: "msg_1", found: "?" };

async function trial() {
  const around = trialQuestions();
  const { service, clock, store } = around;
  const routes = questionRoutes({ questions: service, store, clock });
  const { ask } = httpTrial({ routes, clock, statuses: QUESTION_STATUSES, customers: ["cus_1"] });
  const lost = await service.questions.ask({ source: "payments", ...LOST }, { context: { ...context, causationId: "msg_0" } });
  clock.advance(1);
  await service.questions.ask({ source: "shipping", ...ODD }, { context });
  assert.ok("value" in lost);
  const list = async (query = "") => {
    const { json } = await ask("GET", `/api/v1/questions${query}`);
    return (json["questions"] as readonly { readonly subject: string }[]).map(({ subject }) => subject);
  };
  return { ...around, ask, list, id: lost.value.questionId };
}

void describe("questions over HTTP", () => {
  void test("are listed, longest waiting first, by source, status and order, in pages", async () => {
    const { ask, list, id } = await trial();
    assert.deepEqual(await list(), ["k1", "msg_1"]);
    assert.deepEqual([await list("?source=shipping"), await list("?order=ord_1")], [["msg_1"], ["k1"]]);
    await ask("POST", `/api/v1/questions/${id}/resolve`, { body: { reason: "found it" } });
    assert.deepEqual([await list(), await list("?status=resolved"), await list("?order=ord_1")], [["msg_1"], ["k1"], ["k1"]]);
    assert.equal((await ask("GET", "/api/v1/questions?status=open&order=ord_1")).status, 400);
    const { json } = await ask("GET", "/api/v1/questions?order=ord_1&limit=1");
    assert.equal(json["next"], undefined);
  });

  void test("are taken with a note and resolved with a reason, each once, with whose doing it was and why", async () => {
    const { ask, id } = await trial();
    const one = `/api/v1/questions/${id}`;
    const headers = { "idempotency-key": "k1" };
    const taken = await ask("POST", `${one}/take`, { body: { note: "I ask them" }, headers });
    assert.deepEqual([taken.status, taken.json["status"], taken.headers["etag"]], [200, "taken", '"2"']);
    assert.equal((await ask("POST", `${one}/take`, { body: { note: "I ask them" }, headers })).text, taken.text);
    const late = await ask("POST", `${one}/resolve`, { body: { reason: "theirs" }, headers: { "if-match": '"1"' } });
    assert.equal(late.status, 412);
    assert.equal((await ask("POST", `${one}/resolve`, { body: { reason: "theirs" } })).status, 200);
    const again = await ask("POST", `${one}/take`, { body: { note: "me, too" } });
    assert.deepEqual([again.status, again.json["code"]], [409, "question-closed"]);
    const { json } = await ask("GET", one);
    const history = json["history"] as readonly {
      readonly what: string;
      readonly by: string;
      readonly cause: string;
      readonly said: string;
    }[];
    assert.deepEqual(
      history.map(({ what, by, said }) => [what, by, said]),
      [
        ["asked", "usr_1", LOST.found],
        ["taken", taken.json["taken"] && (taken.json["taken"] as { by: string }).by, "I ask them"],
        ["resolved", (json["resolved"] as { by: string }).by, "theirs"],
      ],
    );
    assert.ok(history.every(({ cause }) => cause !== "") && history[0]?.cause === "msg_0");
  });

  void test("are operators' work: others may look, customers may not; what is not there is not found", async () => {
    const { ask, id } = await trial();
    const one = `/api/v1/questions/${id}`;
    for (const path of ["/api/v1/questions", one, "/api/v1/comparisons"]) {
      assert.equal((await ask("GET", path, { as: "cus_1" })).status, 403);
    }
    assert.equal((await ask("POST", `${one}/take`, { as: "cus_1", body: { note: "mine" } })).status, 403);
    assert.equal((await ask("GET", "/api/v1/questions/qst_none")).status, 404);
    const none = await ask("POST", "/api/v1/questions/qst_none/take", { body: { note: "mine" } });
    assert.deepEqual([none.status, none.json["code"]], [404, "question-not-found"]);
    assert.equal((await ask("POST", `${one}/take`, { body: {} })).status, 400);
  });

  void test("a comparison is asked for, of a time that is over, and shown when it has ended", async () => {
    const { ask, service, sources, random, until, clock } = await trial();
    const consumer = service.startComparing(random);
    sources.payments.differ("a");
    const future = new Date(clock.now() + 60_000).toISOString();
    for (const body of [{ source: "nobody" }, { source: "payments", to: future }, { source: "payments", from: future }]) {
      assert.equal((await ask("POST", "/api/v1/comparisons", { body })).status, 400);
    }
    const asked = await ask("POST", "/api/v1/comparisons", { body: { source: "payments", from: "1970-01-01T00:00:00Z" } });
    assert.equal(asked.status, 202);
    await until(async () => (await service.comparisons.last()).length > 0);
    const { json } = await ask("GET", "/api/v1/comparisons");
    const [last] = json["comparisons"] as readonly Readonly<Record<string, unknown>>[];
    assert.deepEqual([last?.["id"], last?.["source"], last?.["differences"]], [asked.json["id"], "payments", 1]);
    await consumer.stop();
  });
});
