import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import type { Condition } from "@daybook/data/store/unit";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
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

void test("a movement is not decided on what was read while another of the same keeper was on its way", async () => {
  const clock = virtualClock();
  const memory = memoryStore({ clock, owners: { stock: "inventory" } });
  const sent: (() => void)[] = [];
  const arriving = async () => {
    await setImmediate();
    sent.shift()?.();
    await setImmediate();
  };
  const store: Store = {
    ...memory,
    commit: (unit) => new Promise((resolve) => sent.push(() => resolve(memory.commit(unit)))),
  };
  const keeper = new StockKeeper(store, idSource(clock, seededRandom(1)));
  const move = (command: StockCommand, conditions: readonly Condition[] = []) =>
    keeper.move({ context, commands: new Map([["mug", command]]), conditions });
  const reserve = (quantity: number, conditions?: readonly Condition[]) =>
    move({ type: "reserve", quantity, reservationId: `res_${quantity}`, orderId: `ord_${quantity}` }, conditions);
  const received = move({ type: "receive", quantity: 10 });
  await arriving();
  await received;

  const refused = reserve(1, [{ kind: "keyPresent", key: "not there" }]);
  const behind = reserve(2);
  await arriving();
  assert.equal(await refused, "conditions");
  const others = [reserve(3)];
  await arriving(); // the one behind the refused one is refused, and decided again
  others.push(reserve(4));
  for (let turn = 0; turn < 20; turn++) await arriving();

  assert.deepEqual(await Promise.all([behind, ...others]), ["done", "done", "done"]);
  const { stock } = (await keeper.read("mug")) ?? {};
  assert.deepEqual([stock?.onHand, stock?.reserved], [1, 9]);
});
