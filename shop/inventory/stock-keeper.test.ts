import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
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
