import { step, workflow } from "@daybook/workflow/definition";
import { z } from "zod";

/** Gives back its word. */
export const say = step({
  name: "say",
  input: z.string(),
  output: z.string(),
  policy: { firstDelayMs: 20, jitter: 0 },
  heartbeatMs: 5_000,
});
/** Undoes `say`. */
export const unsay = step({ name: "unsay", input: z.string(), output: z.null(), policy: { attemptsMax: 1 } });

export const echo = workflow({
  name: "echo",
  input: z.string(),
  output: z.string(),
  run: (ctx, word) => ctx.step(say, word),
});

/** Every word of the context, each heard in the result. */
export const words = workflow({
  name: "words",
  input: z.strictObject({ said: z.array(z.string()), isAgain: z.boolean() }),
  output: z.array(z.string()),
  messages: {
    signals: { go: z.string() },
    queries: { count: z.int() },
    updates: { add: { input: z.string(), output: z.int() } },
  },
  run: async (ctx, { said, isAgain }) => {
    if (isAgain) return [...said, await ctx.signal("go")];
    ctx.query("count", () => said.length);
    ctx.update("add", async (word) => said.push(await ctx.step(say, word)));
    ctx.attributes({ stage: "begun" });
    said.push(...(await ctx.all([(branch) => branch.step(say, "left"), (branch) => branch.step(say, "right")])));
    said.push(
      await ctx.race([
        (branch) => branch.step(say, "slow"),
        (branch) => branch.sleep(50).then(() => `after ${branch.now() > 0}`),
      ]),
    );
    await ctx.scope(async (scope) => {
      const sleeping = scope.sleep(60_000).catch(({ code }: { readonly code: string }) => said.push(code));
      scope.cancel("no need to wait");
      await sleeping;
      said.push(await scope.scope((shielded) => shielded.step(say, "shielded"), { isShielded: true }));
    });
    said.push(await ctx.child(echo, "child"));
    if (ctx.patched("louder")) said.push(await ctx.step(say, "LOUD"));
    await ctx.step(say, `${ctx.id("abc")} ${ctx.random()}`);
    said.push(await ctx.signal("go"));
    return ctx.continueAs({ said, isAgain: true });
  },
});

/** Fails after its first step, whose undo fails at first. */
export const broken = workflow({
  name: "broken",
  input: z.null(),
  output: z.null(),
  run: async (ctx) => {
    await ctx.step(say, "done", { undo: unsay });
    await ctx.step(say, "boom", { undo: unsay });
    return null;
  },
});

/** Passes its pivot: a cancel afterwards changes nothing. */
export const decided = workflow({
  name: "decided",
  input: z.null(),
  output: z.string(),
  messages: { signals: { go: z.string() }, queries: { isDecided: z.boolean() } },
  run: async (ctx) => {
    await ctx.step(say, "done", { undo: unsay });
    ctx.pivot();
    ctx.query("isDecided", () => true);
    return ctx.signal("go");
  },
});
