import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { memoryStore } from "@daybook/data/store/memory";
import type { Store } from "@daybook/data/store";
import { z } from "zod";
import { say, Stage } from "./conformance/programs.ts";
import { CAUSE, Trial } from "./conformance/trial.ts";
import { workflow } from "./definition.ts";

const both = workflow({
  name: "both",
  input: z.null(),
  output: z.string(),
  run: async (ctx) => (await ctx.all([(branch) => branch.step(say, "a"), (branch) => branch.step(say, "b")])).join(""),
});

test("a step that ends while another one's outcome is being recorded is not begun again", async () => {
  const memory = memoryStore();
  const answer = Promise.withResolvers<string>();
  const commit: Store["commit"] = async (unit) => {
    if (JSON.stringify(unit).includes("done")) answer.resolve("b");
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    return memory.commit(unit);
  };
  const trial = new Trial({ store: { ...memory, commit }, destroy: () => memory.close() });
  const stage = new Stage().on("b", () => answer.promise);
  const { engine } = trial.engine({ workflows: [both], steps: stage.steps });
  assert.equal(await trial.until(engine.execute(both, { id: "x", input: null, cause: CAUSE })), "ab");
  assert.deepEqual(stage.calls, ["a#1", "b#1"]);
  await trial.destroy();
});
