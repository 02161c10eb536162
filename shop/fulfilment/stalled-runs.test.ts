import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RunInfo } from "@daybook/workflow/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { StalledRuns } from "./stalled-runs.ts";

const call = { context: { correlationId: "cor_1", actor: "sys_1", tenant: "shop" } };
const run = (id: string, attention?: string) =>
  ({ id, status: "running", ...(attention !== undefined && { attention }) }) as RunInfo; // the rest is not looked at
const failedRun = (id: string, since: number) => ({ id, status: "failed", since, reason: "broken" }) as RunInfo; // likewise

function trial(...runs: readonly RunInfo[]) {
  const stalled = new StalledRuns({
    list: async (search) => {
      const { after, limit = 1, needsAttention = false, status } = search ?? {};
      const all = runs.filter((each) => (needsAttention ? each.attention !== undefined : each.status === status));
      const start = after ? Number(after.entry) : 0;
      const isLast = start + limit >= all.length;
      return { runs: all.slice(start, start + limit), ...(!isLast && { next: { entry: String(start + limit), key: "" } }) };
    },
    get: async (id) => runs.find((each) => each.id === id),
  });
  return {
    stalled,
    compare: (cursor?: string, from = 0) => stalled.compare({ from, to: from, ...(cursor !== undefined && { cursor }) }, call),
  };
}

void describe("runs that stall", () => {
  void test("are a person's, with the order that they carry out, page by page", async () => {
    const many = Array.from({ length: 120 }, (_, n) => run(`other-${n}`, "broken"));
    const { compare } = trial(run("order-processing-ord_1", "undo-1: refused"), run("well"), ...many);
    const first = valueOf(await compare());
    assert.deepEqual(first.differences[0], {
      cause: "run-stalled",
      subject: "order-processing-ord_1",
      orderId: "ord_1",
      found: "The run waits for somebody: undo-1: refused",
    });
    assert.ok(first.cursor !== undefined && first.differences[1]?.orderId === undefined);
    const second = valueOf(await compare(first.cursor));
    assert.deepEqual([first.compared + second.compared, second.differences.length], [121, 21]);
    const last = valueOf(await compare(second.cursor));
    assert.deepEqual([last.compared, last.cursor], [0, undefined], "none has failed");
  });

  void test("are a person's, too, when they failed, whoever's they are, since the last comparison", async () => {
    const many = Array.from({ length: 120 }, (_, n) => failedRun(`return-ret_${n}`, 1_000 + n));
    const { compare } = trial(failedRun("old", 999), run("well"), ...many);
    const found = [];
    for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
      const page = valueOf(await compare(cursor, 1_000));
      found.push(...page.differences);
      cursor = page.cursor;
    }
    assert.equal(found.length, 120);
    assert.deepEqual(found[0], { cause: "run-failed", subject: "return-ret_0", found: "The run has failed: broken" });
  });

  void test("that failed are settled when they are reset, and not when nobody can look at them any more", async () => {
    const { stalled } = trial(failedRun("a", 1), run("b"));
    const questions = ["a", "b", "c"].map((subject) => ({ questionId: subject, cause: "run-failed", subject }));
    assert.deepEqual(valueOf(await stalled.recheck({ questions }, call)).settled, ["b"]);
  });

  void test("are settled when they go on, or are gone; a parcel to be called back is not", async () => {
    const { stalled } = trial(run("a", "broken"), run("b"));
    const questions = ["a", "b", "c"].map((subject) => ({ questionId: subject, cause: "run-stalled", subject }));
    const parcel = { questionId: "d", cause: "parcel-under-way", subject: "ord_1", orderId: "ord_1" };
    const { settled } = valueOf(await stalled.recheck({ questions: [...questions, parcel] }, call));
    assert.deepEqual(settled, ["b", "c"]);
  });
});
