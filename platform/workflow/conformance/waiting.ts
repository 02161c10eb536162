import assert from "node:assert/strict";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow } from "../definition.ts";
import { say, Stage } from "./programs.ts";
import { CAUSE, type Proofs } from "./trial.ts";

const nap = workflow({
  name: "nap",
  input: z.number(),
  output: z.number(),
  run: async (ctx, ms) => {
    const slept = ctx.now();
    await ctx.sleep(ms);
    return ctx.now() - slept;
  },
});

const basket = workflow({
  name: "basket",
  input: z.null(),
  output: z.array(z.string()),
  messages: {
    signals: { add: z.string(), close: z.null() },
    queries: { count: z.number() },
    updates: { rename: { input: z.tuple([z.string(), z.string()]), output: z.array(z.string()) } },
  },
  run: async (ctx) => {
    const items: string[] = [];
    ctx.query("count", () => items.length);
    ctx.update("rename", async ([from, to]) => {
      assert.ok(items.includes(from), `there is no ${from}`);
      items[items.indexOf(from)] = await ctx.step(say, to);
      return [...items];
    });
    const closed = ctx.signal("close").then(() => undefined);
    for (;;) {
      const item = await ctx.race([(branch) => branch.signal("add"), () => closed]);
      if (item === undefined) return items;
      items.push(item);
    }
  },
});

export const waitingProofs: Proofs = {
  timer: async (trial) => {
    const { engine } = trial.engine({ workflows: [nap], steps: [] });
    await trial.until(engine.start(nap, { id: "n", input: 5_000, cause: CAUSE }));
    await trial.pass(4_900);
    assert.equal((await engine.get("n"))?.status, "running");
    const slept = await trial.until(engine.result(nap, "n"));
    assert.ok(slept >= 5_000 && slept < 5_200, `slept ${slept} ms`);
  },
  signal: async (trial) => {
    const { engine } = trial.engine({ workflows: [basket], steps: [] });
    await trial.until(engine.start(basket, { id: "b", input: null, cause: CAUSE }));
    for (const item of ["a", "b", "c"]) await trial.until(engine.signal(basket, "b", "add", item));
    await trial.idle();
    await trial.until(engine.signal(basket, "b", "close", null));
    assert.deepEqual(await trial.until(engine.result(basket, "b")), ["a", "b", "c"]);
    const refused = engine.signal(basket, "b", "add", "late").catch(errorCode);
    assert.equal(await trial.until(refused), "workflow-ended");
    assert.equal(await trial.until(engine.signal(basket, "none", "add", "x").catch(errorCode)), "workflow-unknown");
    // @ts-expect-error a signal has the type that its schema says
    const invalid = engine.signal(basket, "b", "add", 1).catch(errorCode);
    assert.equal(await trial.until(invalid), "workflow-value-invalid");
  },
  query: async (trial) => {
    const { engine } = trial.engine({ workflows: [basket], steps: [] });
    await trial.until(engine.start(basket, { id: "b", input: null, cause: CAUSE }));
    assert.equal(await trial.until(engine.query(basket, "b", "count")), 0);
    await trial.until(engine.signal(basket, "b", "add", "a"));
    await trial.pass(200);
    const other = trial.engine({ workflows: [basket], steps: [] });
    const records = (await engine.history("b")).entries.length;
    assert.equal(await trial.until(other.engine.query(basket, "b", "count")), 1);
    assert.equal((await engine.history("b")).entries.length, records, "a query records nothing");
  },
  update: async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [basket], steps: stage.steps });
    await trial.until(engine.start(basket, { id: "b", input: null, cause: CAUSE }));
    await trial.until(engine.signal(basket, "b", "add", "a"));
    assert.deepEqual(await trial.until(engine.update(basket, "b", "rename", ["a", "z"])), ["z"]);
    const failed = engine.update(basket, "b", "rename", ["nobody", "z"]).then(() => "", String);
    assert.match(await trial.until(failed), /there is no nobody/);
    await trial.until(engine.signal(basket, "b", "close", null));
    assert.deepEqual(await trial.until(engine.result(basket, "b")), ["z"]);
    assert.deepEqual(stage.calls, ["z#1"]);
  },
};
