import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import type { Store } from "@daybook/data/store";
import { defineError, errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { say, Stage, unsay } from "./conformance/programs.ts";
import { CAUSE, Trial, type TestEngine } from "./conformance/trial.ts";
import { workflow } from "./definition.ts";

const broken = defineError({ code: "trial-broken", advice: "Repair it." });

/** Three steps, two of them side by side, a timer between, and an end that is a result or a failure. */
const saga = workflow({
  name: "saga",
  input: z.object({ fails: z.boolean() }),
  output: z.string(),
  run: async (ctx, { fails }) => {
    const a = await ctx.step(say, "a", { undo: unsay });
    const [b, c] = await ctx.all([
      (branch) => branch.step(say, "b", { undo: unsay }),
      async (branch) => {
        await branch.sleep(50);
        return branch.step(say, `c${branch.id("id").length}`, { undo: unsay });
      },
    ]);
    const d = await ctx.step(say, fails ? "broken" : "d", { undo: unsay });
    return a + b + c + d;
  },
});

interface Ending {
  readonly said: string;
  readonly effects: readonly (readonly [string, string])[];
  readonly undone: readonly string[];
  readonly isCrashed: boolean;
}

/** A store on which the process dies at the n-th unit: before it is committed, or after and before the answer. */
function mortal(store: Store, at: number, isAfter: boolean, die: () => void): Store {
  let units = 0;
  return new Proxy(store, {
    get: (target, name, receiver) => {
      if (name !== "commit") return Reflect.get(target, name, receiver) as unknown;
      return async (unit: Parameters<Store["commit"]>[0]) => {
        if (++units !== at) return target.commit(unit);
        if (!isAfter) {
          die();
          return new Promise(() => undefined);
        }
        const verdict = await target.commit(unit);
        die();
        return verdict;
      };
    },
  });
}

async function endingOf(fails: boolean, crashAt: number, isAfter: boolean): Promise<Ending> {
  const stored = memoryStore();
  const life: { first?: TestEngine; isCrashed: boolean } = { isCrashed: false };
  const die = () => {
    life.isCrashed = true;
    life.first?.kill();
  };
  const trial = new Trial({ store: mortal(stored, crashAt, isAfter, die), destroy: () => stored.close() });
  const stage = new Stage().on("broken", () => Promise.reject(broken("broken")));
  const programs = { workflows: [saga], steps: stage.steps };
  life.first = trial.engine(programs);
  const options = { id: "s", input: { fails }, cause: CAUSE };
  const outcome = { said: "" };
  const first = life.first.engine.execute(saga, options).then((said) => (outcome.said = said), (error: unknown) => (outcome.said = String(errorCode(error)))); // prettier-ignore
  void first;
  await trial.untilTrue(() => outcome.said !== "" || life.isCrashed);
  if (life.isCrashed) {
    const { engine } = trial.engine(programs);
    outcome.said = await trial.until(engine.execute(saga, options).catch((error: unknown) => String(errorCode(error))));
  }
  const { isCrashed } = life;
  await trial.destroy();
  return {
    said: outcome.said,
    effects: [...stage.effects].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    undone: stage.undone,
    isCrashed,
  };
}

for (const fails of [false, true]) {
  const what = fails ? "failing" : "succeeding";
  test(`a ${what} saga that dies at any unit ends the same, each effect once by its key`, async () => {
    const expected = await endingOf(fails, 0, false);
    assert.equal(expected.said, fails ? "trial-broken" : "abc29d", "known without a crash");
    let crashes = 0;
    for (const isAfter of [false, true]) {
      for (let at = 1; ; at++) {
        const ending = await endingOf(fails, at, isAfter);
        if (!ending.isCrashed) break;
        crashes++;
        assert.deepEqual({ ...ending, isCrashed: false }, expected, `${isAfter ? "after" : "before"} unit ${at}`);
      }
    }
    assert.ok(crashes >= 12, `${crashes} crashes`);
  });
}
