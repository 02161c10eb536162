import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RunInfo } from "@daybook/workflow/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { StalledRuns } from "./stalled-runs.ts";

const call = { context: { correlationId: "cor_1", actor: "sys_1", tenant: "shop" } };
const run = (id: string, attention?: string) => ({ id, ...(attention !== undefined && { attention }) }) as RunInfo; // the rest is not looked at

function trial(...runs: readonly RunInfo[]) {
  const stalled = new StalledRuns({
    list: async (search) => {
      const { after, limit = 1 } = search ?? {};
      const all = runs.filter(({ attention }) => attention !== undefined);
      const start = after ? Number(after.entry) : 0;
      const isLast = start + limit >= all.length;
      return { runs: all.slice(start, start + limit), ...(!isLast && { next: { entry: String(start + limit), key: "" } }) };
    },
    get: async (id) => runs.find((each) => each.id === id),
  });
  return {
    stalled,
    compare: (cursor?: string) => stalled.compare({ from: 0, to: 0, ...(cursor !== undefined && { cursor }) }, call),
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
    assert.deepEqual([first.compared + second.compared, second.cursor], [121, undefined]);
  });

  void test("are settled when they go on, or are gone; a parcel to be called back is not", async () => {
    const { stalled } = trial(run("a", "broken"), run("b"));
    const questions = ["a", "b", "c"].map((subject) => ({ questionId: subject, cause: "run-stalled", subject }));
    const parcel = { questionId: "d", cause: "parcel-under-way", subject: "ord_1", orderId: "ord_1" };
    const { settled } = valueOf(await stalled.recheck({ questions: [...questions, parcel] }, call));
    assert.deepEqual(settled, ["b", "c"]);
  });
});
