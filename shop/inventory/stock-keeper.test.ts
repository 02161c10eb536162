import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { memoryStore } from "@daybook/data/store/memory";
import type { Unit } from "@daybook/data/store/unit";
import { errorCode } from "@daybook/kernel/errors";
import { idSource } from "@daybook/kernel/ids";
import { below, seededRandom, type Random } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { StockKeeper } from "./stock-keeper.ts";
import type { StockCommand } from "./stock.ts";

const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

void test("a movement is not decided on one that another process's of the same version has overtaken", async () => {
  const clock = virtualClock();
  const memory = memoryStore({ clock, owners: { stock: "inventory" } });
  const store = { ...memory, capabilities: { ...memory.capabilities, isShared: true } };
  const ids = idSource(clock, seededRandom(1));
  const [here, elsewhere] = [new StockKeeper(store, ids), new StockKeeper(store, ids)];
  const move = (keeper: StockKeeper, command: StockCommand) => keeper.move({ context, commands: new Map([["mug", command]]) });
  const reserve = (keeper: StockKeeper, quantity: number) =>
    move(keeper, { type: "reserve", quantity, reservationId: `res_${quantity}`, orderId: `ord_${quantity}` });

  await move(here, { type: "receive", quantity: 10 });
  assert.equal(await reserve(elsewhere, 6), "done");
  const [first, second] = await Promise.all([reserve(here, 2), reserve(here, 3)]);

  assert.equal(first, "done");
  assert.ok(second !== "done" && second !== "conditions" && second.refusal.code === "insufficient-stock");
  const row = await here.read("mug");
  assert.deepEqual([row?.stock.onHand, row?.stock.reserved], [2, 8]);
});

void test("beside refused movements those of one process are decided on what the store has, and on nothing else", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const clock = virtualClock();
    const memory = memoryStore({ clock, owners: { stock: "inventory" } });
    const later = slowly(random);
    const store = { ...memory, commit: (unit: Unit) => later(() => memory.commit(unit)) };
    const keeper = new StockKeeper(store, idSource(clock, random));
    const never = [{ kind: "keyPresent", key: "never" }] as const;
    const reserve = (n: number) =>
      keeper.move({
        context,
        commands: new Map([["mug", { type: "reserve", quantity: 1 + (n % 3), reservationId: `res_${n}`, orderId: `ord_${n}` }]]),
        conditions: below(random, 3) === 0 ? never : [],
      });
    await keeper.move({ context, commands: new Map([["mug", { type: "receive", quantity: 1_000 }]]) });
    const moved = Array.from({ length: 60 }, async (_, n) => {
      for (let turns = below(random, 40); turns > 0; turns--) await setImmediate();
      return reserve(n).catch((error: unknown) => assert.equal(errorCode(error), "contention"));
    });
    await Promise.all(moved);
    const events = await memory.readStream("stock-mug");
    const reserved = events.slice(1).reduce((sum, { data }) => sum + (JSON.parse(data) as { quantity: number }).quantity, 0);
    const row = await keeper.read("mug");
    assert.deepEqual(
      [row?.version, row?.stock.reserved, row?.stock.onHand],
      [events.length, reserved, 1_000 - reserved],
      `seed ${seed}`,
    );
  }
});

/** Commits in the order of the calls, each some turns after the one before. */
function slowly(random: Random): <T>(commit: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (commit) => {
    const committed = last.then(async () => {
      for (let turns = below(random, 4); turns > 0; turns--) await setImmediate();
      return commit();
    });
    last = committed.catch(() => undefined);
    return committed;
  };
}
