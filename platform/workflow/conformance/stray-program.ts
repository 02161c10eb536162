import { memoryStore } from "@daybook/data/store/memory";
import { systemClock } from "@daybook/kernel/clock";
import { defineError } from "@daybook/kernel/errors";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { z } from "zod";
import type { CancelScope } from "../context.ts";
import { step, workflow, type Messages } from "../definition.ts";
import { WorkflowEngine } from "../engine.ts";
import { implement } from "../implement.ts";
import { CAUSE } from "./trial.ts";

const refused = defineError({ code: "trial-refused", advice: "Nothing: it is refused on purpose." });
const refuse = step({ name: "refuse", input: z.null(), output: z.null() });
const pass = step({ name: "pass", input: z.null(), output: z.null() });

type Ctx = Pick<CancelScope<Messages>, "sleep" | "step">;

async function sleepOn(ctx: Ctx): Promise<void> {
  await ctx.sleep(60_000);
}

async function beRefused(ctx: Ctx): Promise<void> {
  await ctx.step(refuse, null);
}

/** Leaves promises to fail without anybody waiting for them. */
const careless = workflow({
  name: "careless",
  input: z.enum(["cancel", "failure"]),
  output: z.null(),
  run: async (ctx, what) => {
    await ctx.all([
      async (branch) => {
        const left = what === "cancel" ? sleepOn(branch) : beRefused(branch);
        await (what === "cancel" ? branch.sleep(60_000) : branch.step(pass, null));
        void left;
      },
      (branch) => branch.step(pass, null),
    ]);
    return null;
  },
});

const [what] = process.argv.slice(2);
const random = systemRandom();
const ids = idSource(systemClock, random);
const store = memoryStore();
const steps = [implement(refuse, () => Promise.reject(refused("no"))), implement(pass, () => null)];
const engine = new WorkflowEngine({ store, clock: systemClock, random, ids, owner: "p", workflows: [careless], steps });
if (what === "outside") void Promise.reject(refused("outside of runs"));
await engine.start(careless, { id: "c", input: what === "failure" ? "failure" : "cancel", cause: CAUSE });
if (what === "cancel") await engine.cancel("c", "enough");
await engine.result(careless, "c").catch(() => undefined);
const told = (await engine.get("c"))?.status ?? "";
await engine.stop();
await store.close();
process.stdout.write(`${told}\n`);
