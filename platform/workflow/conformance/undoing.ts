import assert from "node:assert/strict";
import { defineError, errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow } from "../definition.ts";
import { say, Stage, stuck, unsay } from "./programs.ts";
import { CAUSE, type Proofs } from "./trial.ts";

const lasting = defineError({ code: "trial-lasting", advice: "Repair it." });

/** `a`, then `b` and `c` side by side, then `d`; each with its undo. */
const saga = workflow({
  name: "saga",
  input: z.null(),
  output: z.string(),
  messages: { signals: { go: z.null() } },
  run: async (ctx) => {
    await ctx.step(say, "a", { undo: unsay });
    await ctx.all([(b) => b.step(say, "b", { undo: unsay }), (c) => c.step(say, "c", { undo: unsay })]);
    await ctx.step(say, "d", { undo: unsay });
    await ctx.signal("go");
    ctx.pivot();
    return ctx.step(say, "e");
  },
});

const scoped = workflow({
  name: "scoped",
  input: z.null(),
  output: z.array(z.string()),
  run: async (ctx) => {
    const events: string[] = [];
    await ctx.scope(async (scope) => {
      const sleeping = scope.sleep(60_000).catch((error: unknown) => events.push(errorCode(error) ?? ""));
      scope.cancel("no need to wait");
      await sleeping;
      events.push(await scope.scope((shielded) => shielded.step(say, "shielded"), { isShielded: true }));
    });
    events.push(await ctx.step(say, "outside"));
    return events;
  },
});

const refusing = workflow({
  name: "refusing",
  input: z.null(),
  output: z.object({ refused: z.string() }),
  run: async (ctx) => {
    await ctx.step(say, "reserve", { undo: unsay });
    await ctx.undo("declined");
    return { refused: "declined" };
  },
});

/** Whether the pivot is passed shows only inside a shielded step. */
const deciding = workflow({
  name: "deciding",
  input: z.null(),
  output: z.string(),
  run: async (ctx) => {
    await ctx.step(say, "a", { undo: unsay });
    await ctx.scope(
      async (shielded) => {
        if ((await shielded.step(say, "decide")) === "yes") shielded.pivot();
      },
      { isShielded: true },
    );
    return ctx.step(say, "after");
  },
});

const start = { id: "s", input: null, cause: CAUSE } as const;

export const undoingProofs: Proofs = {
  cancel: async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [saga], steps: stage.steps });
    await trial.until(engine.start(saga, start));
    await trial.untilTrue(() => stage.effects.has("s/3"));
    assert.equal(await trial.until(engine.cancel("s", "changed my mind")), undefined);
    assert.equal(await trial.until(engine.result(saga, "s").catch(errorCode)), "workflow-cancelled");
    const info = await engine.get("s");
    assert.equal(info?.status, "cancelled");
    assert.match(info.reason ?? "", /changed my mind/);
    assert.deepEqual(stage.undone, ["s/3", "s/2.1.1", "s/2.2.1", "s/1"]);
    assert.equal(stage.effects.size, 0);
    assert.equal(await trial.until(engine.cancel("s", "again").catch(errorCode)), "workflow-ended");
    const passed = new Stage().on("e", stuck);
    const other = trial.engine({ workflows: [saga], steps: passed.steps });
    await trial.until(other.engine.start(saga, { ...start, id: "p" }));
    await trial.until(other.engine.signal(saga, "p", "go", null));
    await trial.untilTrue(() => passed.calls.includes("e#1"));
    assert.equal(await trial.until(other.engine.cancel("p", "too late")), "its pivot is passed");
  },
  "cancel scope": async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [scoped], steps: stage.steps });
    const began = trial.clock.now();
    assert.deepEqual(await trial.until(engine.execute(scoped, start)), ["workflow-cancelled", "shielded", "outside"]);
    assert.ok(trial.clock.now() < began + 60_000);
  },
  "a cancel that meets a shielded scope waits for what comes of it": async (trial) => {
    for (const answer of ["yes", "no"]) {
      const gate = Promise.withResolvers<string>();
      const stage = new Stage().on("decide", () => gate.promise);
      const { engine } = trial.engine({ workflows: [deciding], steps: stage.steps });
      const id = `decides-${answer}`;
      await trial.until(engine.start(deciding, { ...start, id }));
      await trial.untilTrue(() => stage.calls.includes("decide#1"));
      const cancelled = engine.cancel(id, "changed my mind");
      await trial.idle();
      gate.resolve(answer);
      assert.equal(await trial.until(cancelled), answer === "yes" ? "its pivot is passed" : undefined);
      const ended = await trial.until(engine.result(deciding, id).catch(errorCode));
      assert.equal(ended, answer === "yes" ? "after" : "workflow-cancelled");
      assert.deepEqual(stage.undone, answer === "yes" ? [] : [`${id}/1`]);
      await trial.until(engine.stop());
    }
  },
  "compensation armed at start": async (trial) => {
    const stage = new Stage().on("d", (_, { key, number }) => {
      stage.effects.set(key, "d"); // the effect happens, its answer is lost
      throw new TypeError(`lost ${number}`);
    });
    const { engine } = trial.engine({ workflows: [saga], steps: stage.steps });
    const failed = engine.execute(saga, start).then(() => "", String);
    assert.match(await trial.until(failed), /compensated: lost 3/);
    assert.deepEqual(stage.undone, ["s/3", "s/2.1.1", "s/2.2.1", "s/1"]);
    assert.equal(stage.effects.size, 0);
    const states = (await engine.history("s")).entries.flatMap((entry) => (entry.kind === "state" ? [entry.is] : []));
    assert.deepEqual(states, ["compensating"]);
    assert.equal((await engine.get("s"))?.status, "compensated");
    const refused = trial.engine({ workflows: [refusing], steps: stage.steps });
    const result = refused.engine.execute(refusing, { ...start, id: "r" });
    assert.deepEqual(await trial.until(result), { refused: "declined" });
    assert.equal((await engine.get("r"))?.status, "completed");
    assert.ok(stage.undone.includes("r/1"));
  },
  "unreachable by cancel": async (trial) => {
    let isBroken = true;
    const stage = new Stage().onUndo("a", (word) => (isBroken ? Promise.reject(lasting("broken")) : word));
    const { engine } = trial.engine({ workflows: [saga], steps: stage.steps });
    await trial.until(engine.start(saga, start));
    await trial.untilTrue(() => stage.effects.has("s/3"));
    assert.equal(await trial.until(engine.cancel("s", "first")), undefined);
    await trial.untilTrue(() => stage.calls.includes("undo a#1"));
    assert.equal(await trial.until(engine.cancel("s", "second")), "it is being undone already");
    const stalled = (await engine.list({ needsAttention: true })).runs[0];
    assert.equal(stalled?.status, "compensating");
    assert.match(stalled.attention ?? "", /undo-1: trial-lasting: broken/);
    isBroken = false;
    assert.equal(await trial.until(engine.resume("s")), undefined);
    assert.equal(await trial.until(engine.result(saga, "s").catch(errorCode)), "workflow-cancelled");
    assert.equal(stage.effects.size, 0);
    assert.deepEqual((await engine.list({ needsAttention: true })).runs, []);
  },
  "overall timeout": async (trial) => {
    const hasty = workflow({ ...saga, name: "hasty", policy: { overallMs: 2_000 } });
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [hasty], steps: stage.steps });
    const began = trial.clock.now();
    assert.equal(await trial.until(engine.execute(hasty, start).catch(errorCode)), "workflow-timeout");
    assert.ok(trial.clock.now() >= began + 2_000);
    assert.equal((await engine.get("s"))?.status, "compensated");
    assert.equal(stage.effects.size, 0);
  },
};
