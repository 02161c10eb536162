import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import type { Store } from "@daybook/data/store";
import { step, workflow } from "@daybook/workflow/definition";
import { WorkflowEngine } from "@daybook/workflow/engine";
import { implement } from "@daybook/workflow/implement";
import { z } from "zod";
import type { OpenContender } from "../benchmark.ts";
import { closedLoop, eachBy } from "../closed-loop.ts";
import { benchFailed } from "../errors.ts";

const add = step({ name: "add", input: z.object({ total: z.number(), by: z.number() }), output: z.number() });

const three = workflow({
  name: "three",
  input: z.number(),
  output: z.number(),
  run: async (ctx, start) => {
    const one = await ctx.step(add, { total: start, by: 1 });
    const two = await ctx.step(add, { total: one, by: 2 });
    return ctx.step(add, { total: two, by: 3 });
  },
});

interface ThreeStepsOptions {
  readonly store: Store;
  readonly callers: number;
  readonly roundMs: number;
  readonly otherCpuMicros?: () => number;
}

/** Callers that each start a workflow of three steps and wait for its result. `unitsPerWorkflow` is counted, not assumed. */
export function threeSteps(options: ThreeStepsOptions): OpenContender {
  const { callers, roundMs, otherCpuMicros } = options;
  const counted = { units: 0, workflows: 0 };
  const store: Store = { ...options.store, commit: (unit) => (counted.units++, options.store.commit(unit)) };
  const random = systemRandom();
  const ids = idSource(systemClock, random);
  const steps = [implement(add, ({ total, by }) => total + by)];
  const engine = new WorkflowEngine({ store, clock: systemClock, ids, random, owner: "bench", workflows: [three], steps });
  const run = async (start: number) => {
    const cause = { correlation: ids("req"), actor: "sys_bench", tenant: "main", source: "bench" };
    const result = await engine.execute(three, { id: ids("run"), input: start, cause });
    if (result !== start + 6) throw benchFailed(`the workflow gave ${result}`);
    counted.workflows++;
  };
  const prepare = (count: number) => {
    const inputs = Array.from({ length: count }, (_, n) => n + 1);
    return () => eachBy(callers, inputs, run);
  };
  const measured = closedLoop({ prepare, roundMs, callers, ...(otherCpuMicros && { otherCpuMicros }) });
  return {
    measure: async () => {
      const sample = await measured();
      return { ...sample, further: { ...sample.further, unitsPerWorkflow: counted.units / counted.workflows } };
    },
    close: async () => {
      await engine.stop();
      await options.store.close();
    },
  };
}
