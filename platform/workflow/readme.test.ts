import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
// sample: begin
import { step, workflow } from "@daybook/workflow/definition";
import { WorkflowEngine } from "@daybook/workflow/engine";
import { implement } from "@daybook/workflow/implement";
import { z } from "zod";

const reserve = step({ name: "reserve", input: z.string(), output: z.boolean() });
const release = step({ name: "release", input: z.string(), output: z.null() });
const charge = step({ name: "charge", input: z.string(), output: z.enum(["paid", "declined"]), policy: { timeoutMs: 60_000 } });

const buy = workflow({
  name: "buy",
  input: z.object({ product: z.string(), card: z.string() }),
  output: z.enum(["bought", "out of stock", "declined"]),
  run: async (ctx, { product, card }) => {
    if (!(await ctx.step(reserve, product, { undo: release }))) return "out of stock";
    if ((await ctx.step(charge, card)) === "paid") return "bought";
    await ctx.undo("declined"); // a refusal ends the workflow normally; a failure or a cancel undoes by itself
    return "declined";
  },
});

const stock = new Map([["tea", 1]]);
const steps = [
  implement(reserve, (product) => (stock.get(product) ?? 0) > 0 && stock.set(product, 0).has(product)),
  implement(release, (product) => (stock.set(product, 1), null)),
  implement(charge, (card, { key }) => (card === "4000" && key === "buy-1/2" ? "declined" : "paid")),
];
// sample: end

test("the sample of the readme runs", async () => {
  const source = readFileSync(join(import.meta.dirname, "readme.test.ts"), "utf8");
  const sample = source.split("// sample: begin\n")[1]?.split("// sample: end\n")[0] ?? "";
  assert.ok(sample.length > 500 && readFileSync(join(import.meta.dirname, "README.md"), "utf8").includes(sample));
  const [store, clock, random] = [memoryStore(), systemClock, systemRandom()];
  const engine = new WorkflowEngine({
    store,
    clock,
    random,
    ids: idSource(clock, random),
    owner: "shop-1",
    workflows: [buy],
    steps,
  });
  const cause = { correlation: "cor_1", actor: "usr_1", tenant: "shop" };
  const bought = (id: string, card: string) => engine.execute(buy, { id, input: { product: "tea", card }, cause });
  assert.equal(await bought("buy-1", "4000"), "declined");
  assert.equal(stock.get("tea"), 1, "the reservation was undone");
  assert.equal(await bought("buy-2", "4000"), "bought");
  assert.equal(await bought("buy-3", "4000"), "out of stock");
  await engine.stop();
  await store.close();
});
