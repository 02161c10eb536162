import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { levelName } from "@daybook/messaging/queue";
import type { Answer } from "@daybook/network/rpc/contract";
import { valueOf } from "@daybook/network/rpc/contract";
import { reservationExpiry, type Stock } from "./contract.ts";
import { stockEvents, type StockEvent } from "./events.ts";
import { inventoryService, type InventoryService } from "./service.ts";
import { evolveStock, stockDecider } from "./stock.ts";

const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };
const call = { context };
const PRODUCTS = ["mug", "pot", "jar"];

async function trial(pieces = 10) {
  const clock = virtualClock();
  const memory = memoryStore({ clock, owners: { stock: "inventory" } });
  const store = { ...memory, capabilities: { ...memory.capabilities, isShared: true } }; // some have two processes
  const ids = idSource(clock, seededRandom(1));
  const product = (productId: string) => ({ productId, name: productId, price: money(100n, "GBP") });
  const catalogue = {
    product: async (productId: string) => (PRODUCTS.includes(productId) ? product(productId) : undefined),
    products: async () => PRODUCTS.map(product),
  };
  const open = () => inventoryService({ store, clock, ids, catalogue });
  const inventory = open();
  for (const productId of ["mug", "pot"]) valueOf(await inventory.receive(productId, pieces, context));
  return { clock, store, inventory, open };
}

function codeOf(answer: Answer<unknown>): string {
  return "refusal" in answer ? answer.refusal.code : "done";
}

async function stockOf({ operations }: InventoryService, productId: string): Promise<Stock | null> {
  return valueOf(await operations.stock({ productId }, call));
}

const twoMugs = (orderId: string) => ({ orderId, items: [{ productId: "mug", quantity: 2 }] });

void describe("the inventory", () => {
  void test("reserves all items of an order or none, and names every one that is short", async () => {
    const { inventory } = await trial();
    const items = [
      { productId: "mug", quantity: 11 },
      { productId: "pot", quantity: 2 },
      { productId: "jar", quantity: 1 },
    ];
    const short = [
      { productId: "jar", requested: 1, available: 0 },
      { productId: "mug", requested: 11, available: 10 },
    ];
    assert.deepEqual(valueOf(await inventory.operations.check({ items }, call)).short.length, 2);
    const refused = await inventory.operations.reserve({ orderId: "a", items }, call);
    assert.ok("refusal" in refused);
    assert.deepEqual([refused.refusal.code, refused.refusal.details], ["insufficient-stock", { short }]);
    assert.equal((await stockOf(inventory, "pot"))?.reserved, 0);
    const reserved = await inventory.operations.reserve({ orderId: "a", items: items.slice(1, 2) }, call);
    assert.equal(valueOf(reserved).status, "reserved");
    assert.deepEqual(await stockOf(inventory, "pot"), {
      productId: "pot",
      onHand: 8,
      reserved: 2,
      shipped: 0,
      writtenOff: 0,
      received: 10,
    });
  });

  void test("does not know products that are neither sold nor stored", async () => {
    const { inventory } = await trial();
    const items = [{ productId: "cup", quantity: 1 }];
    assert.equal(codeOf(await inventory.operations.reserve({ orderId: "a", items }, call)), "unknown-product");
    assert.equal(codeOf(await inventory.receive("cup", 1, context)), "unknown-product");
    assert.equal(await stockOf(inventory, "cup"), null);
  });

  void test("asked again, in this process, in another or at once, answers as the first time", async () => {
    const { inventory, open, store } = await trial();
    const answers = await Promise.all([
      inventory.operations.reserve(twoMugs("a"), call),
      inventory.operations.reserve(twoMugs("a"), call),
      open().operations.reserve(twoMugs("a"), call),
      open().operations.reserve(twoMugs("a"), call),
    ]);
    assert.equal(new Set(answers.map((answer) => valueOf(answer).reservationId)).size, 1);
    assert.equal((await stockOf(inventory, "mug"))?.reserved, 2);
    for (const service of [inventory, open(), inventory]) valueOf(await service.operations.ship({ orderId: "a" }, call));
    assert.equal((await stockOf(inventory, "mug"))?.shipped, 2);
    assert.equal(valueOf(await inventory.operations.reserve(twoMugs("a"), call)).status, "shipped");
    assert.equal(await store.streamVersion("stock-mug"), 3);
  });

  void test("a released reservation stays released, also one that was not made yet", async () => {
    const { inventory, open } = await trial();
    valueOf(await inventory.operations.reserve(twoMugs("a"), call));
    for (const orderId of ["a", "b"]) {
      for (const service of [inventory, open()]) valueOf(await service.operations.release({ orderId, reason: "late" }, call));
      assert.equal(codeOf(await inventory.operations.reserve(twoMugs(orderId), call)), "reservation-released");
      assert.equal(codeOf(await open().operations.ship({ orderId }, call)), "reservation-missing");
    }
    assert.equal((await stockOf(inventory, "mug"))?.onHand, 10);
  });

  void test("what has left is not released", async () => {
    const { inventory } = await trial();
    valueOf(await inventory.operations.reserve(twoMugs("a"), call));
    valueOf(await inventory.operations.ship({ orderId: "a" }, call));
    assert.equal(codeOf(await inventory.operations.release({ orderId: "a", reason: "late" }, call)), "reservation-shipped");
  });

  void test("a reservation expires only while it is neither released nor shipped", async () => {
    const { inventory, store, clock } = await trial();
    for (const orderId of ["a", "b", "c"]) valueOf(await inventory.operations.reserve(twoMugs(orderId), call));
    valueOf(await inventory.operations.release({ orderId: "a", reason: "late" }, call));
    valueOf(await inventory.operations.ship({ orderId: "b" }, call));
    const due = await store.listDue(levelName(reservationExpiry, 0), Number.MAX_SAFE_INTEGER);
    assert.deepEqual(
      due.map(({ id, at }) => [id, at - clock.now()]),
      [["c", 25 * 60 * 60 * 1_000]],
    );
  });

  void test("one that has expired is released; one that was shipped is not", async () => {
    const { inventory, store, clock } = await trial();
    for (const orderId of ["a", "b"]) valueOf(await inventory.operations.reserve(twoMugs(orderId), call));
    valueOf(await inventory.operations.ship({ orderId: "b" }, call));
    const [consumer] = inventory.startConsumers(seededRandom(2));
    const reserved = async () => (await stockOf(inventory, "mug"))?.reserved;
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    assert.equal(await reserved(), 2);
    clock.advance(25 * 60 * 60 * 1_000);
    for (let turn = 0; (await reserved()) !== 0; turn++) {
      assert.ok(turn < 10_000, "it does not expire");
      await setImmediate();
      if (turn % 8 === 7) clock.advance(1);
    }
    assert.equal(codeOf(await inventory.operations.reserve(twoMugs("a"), call)), "reservation-released");
    const [, , , , released] = await eventStore(store, stockEvents, memoryKeys()).read<StockEvent>("stock-mug");
    assert.ok(released?.event.type === "StockReleased" && released.event.data.reason === "expired");
    assert.equal((await stockOf(inventory, "mug"))?.shipped, 2);
    await consumer?.stop();
  });

  void test("a return's pieces are counted once, all of them or none, however often it is said in two processes", async () => {
    const { inventory, open } = await trial();
    const items = ["mug", "pot"].map((productId) => ({ productId, quantity: 2 }));
    valueOf(await inventory.operations.reserve({ orderId: "a", items }, call));
    valueOf(await inventory.operations.ship({ orderId: "a" }, call));
    const back = { orderId: "a", returnId: "ret_1", reason: "too big" };
    const pieces = (pots: number) => [
      { productId: "pot", quantity: pots, writtenOff: 0 },
      { productId: "mug", quantity: 2, writtenOff: 1 },
    ];
    const much = await inventory.operations.takeBack({ ...back, items: pieces(3) }, call);
    assert.equal(codeOf(much), "not-shipped");
    assert.equal((await stockOf(inventory, "mug"))?.onHand, 8);
    const processes = [inventory, open(), inventory, open()];
    const answers = processes.map(({ operations }) => operations.takeBack({ ...back, items: pieces(2) }, call));
    for (const answer of await Promise.all(answers)) assert.equal(codeOf(answer), "done");
    const { onHand, shipped, writtenOff } = (await stockOf(inventory, "mug")) ?? {};
    assert.deepEqual([onHand, shipped, writtenOff], [9, 0, 1]);
    assert.equal((await stockOf(inventory, "pot"))?.onHand, 10);
  });

  void test("64 buyers of the last 10 pieces, in two processes: 10 get one", async () => {
    const { inventory, open } = await trial(10);
    const services = [inventory, open()];
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, n) =>
        services[n % 2]?.operations.reserve({ orderId: `o${n}`, items: [{ productId: "mug", quantity: 1 }] }, call),
      ),
    );
    const codes = answers.map((answer) => answer && codeOf(answer));
    assert.equal(codes.filter((code) => code === "done").length, 10);
    assert.equal(codes.filter((code) => code === "insufficient-stock").length, 54);
    assert.deepEqual(await stockOf(inventory, "mug"), {
      productId: "mug",
      onHand: 0,
      reserved: 10,
      shipped: 0,
      writtenOff: 0,
      received: 10,
    });
  });

  void test("whatever two processes do at once, each row is the fold of its stream, and nothing is lost or made", async () => {
    const action = fc.record({
      process: fc.integer({ min: 0, max: 1 }),
      kind: fc.constantFrom("reserve", "release", "ship"),
      orderId: fc.constantFrom("a", "b", "c", "d"),
      items: fc.array(fc.record({ productId: fc.constantFrom("mug", "pot"), quantity: fc.integer({ min: 1, max: 6 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(action, { maxLength: 6 }), { maxLength: 5 }), async (waves) => {
        const { inventory, open, store } = await trial(8);
        const services = [inventory, open()];
        for (const wave of waves) {
          await Promise.all(
            wave.map(async ({ process, kind, orderId, items }) => {
              const operations = services[process]?.operations;
              if (kind === "reserve") await operations?.reserve({ orderId, items }, call);
              else if (kind === "release") await operations?.release({ orderId, reason: "x" }, call);
              else await operations?.ship({ orderId }, call);
            }),
          );
        }
        const events = eventStore(store, stockEvents, memoryKeys());
        for (const productId of ["mug", "pot"]) {
          const recorded = await events.read<StockEvent>(`stock-${productId}`);
          const folded = recorded.reduce((stock, { event }) => evolveStock(stock, event), stockDecider(productId).initial);
          assert.deepEqual(await stockOf(inventory, productId), folded);
          assert.equal(folded.received, folded.onHand + folded.reserved + folded.shipped + folded.writtenOff);
          assert.ok(folded.onHand >= 0 && folded.reserved >= 0);
        }
      }),
      { numRuns: 50 },
    );
  });
});
