import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { valueOf } from "@daybook/network/rpc/contract";
import type { OrderSupply } from "./order-supplies.ts";
import { inventoryService } from "./service.ts";

const context = { correlationId: "cor_1", actor: "sys_import", tenant: "shop" };

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { stock: "inventory" } });
  const ids = idSource(clock, seededRandom(1));
  const catalogue = {
    product: async (productId: string) =>
      productId === "unknown" ? undefined : { productId, name: productId, price: money(100n, "GBP") },
    products: async () => [],
  };
  const open = () => inventoryService({ store, clock, ids, catalogue });
  const inventory = open();
  const received = async (productId: string) =>
    valueOf(await inventory.operations.stock({ productId }, { context }))?.received ?? 0;
  const supply = async (orders: readonly OrderSupply[], by = inventory) => [
    ...(await by.supply(orders, "a file", context)).keys(),
  ];
  return { store, open, supply, received };
}

function order(orderId: string, items: Readonly<Record<string, number>>): OrderSupply {
  return { orderId, items: Object.entries(items).map(([productId, quantity]) => ({ productId, quantity })) };
}

void describe("what orders need from the stock", () => {
  void test("arrives once for each, in one movement a product for all that are new", async () => {
    const { store, supply, received } = trial();
    const [first, second, third] = [order("o1", { mug: 2, pot: 1 }), order("o2", { mug: 3 }), order("o3", { mug: 10 })];
    assert.deepEqual(await supply([first, second]), []);
    assert.deepEqual([await received("mug"), await received("pot")], [5, 1]);
    assert.equal(await store.streamVersion("stock-mug"), 1);
    assert.deepEqual(await supply([second, third, first]), []);
    assert.deepEqual([await received("mug"), await received("pot")], [15, 1]);
    await supply([first, second, third]);
    assert.equal(await store.streamVersion("stock-mug"), 2, "nothing more happened");
  });

  void test("arrives once, also when two processes say so at once", async () => {
    const { open, supply, received } = trial();
    const orders = Array.from({ length: 20 }, (_, at) => order(`o${at}`, { mug: 1, pot: 2 }));
    await Promise.all([supply(orders), supply(orders.slice(5), open()), supply(orders.toReversed(), open())]);
    assert.deepEqual([await received("mug"), await received("pot")], [20, 40]);
  });

  void test("is refused for orders of products that are unknown, or with more than can be counted", async () => {
    const { supply, received } = trial();
    const much = Array.from({ length: 5 }, (_, at) => order(`m${at}`, { jar: 1_000_000_000 }));
    assert.deepEqual(await supply([order("o1", { mug: 1 }), order("o2", { mug: 1, unknown: 1 }), ...much]), ["o2"]);
    assert.deepEqual([await received("mug"), await received("jar")], [1, 5_000_000_000]);
    const orders = Array.from({ length: 997 }, (_, at) => order(`x${at}`, { jar: 1_000_000_000 }));
    assert.deepEqual(await supply(orders), ["x995", "x996"]);
  });

  void test("fits into one unit for an order of a thousand products", async () => {
    const { supply, received } = trial();
    const products = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`p${at}`, 1]));
    assert.deepEqual(await supply([order("o1", products), order("o2", products), order("o3", { other: 1 })]), []);
    assert.deepEqual([await received("p999"), await received("other")], [2, 1]);
  });
});
