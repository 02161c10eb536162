import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { productSchema } from "./contract.ts";
import { productEvents } from "./events.ts";
import { SEED_PRODUCTS } from "./seed.ts";
import { catalogService } from "./service.ts";

const CONTEXT = { correlationId: "cor_1", actor: "sys_1", tenant: "shop" };

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { product: "catalog" } });
  const events = eventStore(store, productEvents, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  return { store, events, open: () => catalogService({ events, clock, ids }) };
}

void describe("the catalogue", () => {
  void test("seeded, it holds the seed; seeded again, by any process, nothing changes", async () => {
    const { store, open } = trial();
    const catalogue = open();
    assert.equal(await catalogue.product("mug-blue"), undefined);
    await catalogue.seed(CONTEXT);
    for (const product of SEED_PRODUCTS) assert.deepEqual(await catalogue.product(product.productId), product);
    const { position } = await store.head();
    assert.equal(position, SEED_PRODUCTS.length);
    await catalogue.seed(CONTEXT);
    await Promise.all([open().seed(CONTEXT), open().seed(CONTEXT)]);
    assert.equal((await store.head()).position, position);
  });

  void test("two processes that seed at once list each product once", async () => {
    const { store, open } = trial();
    await Promise.all([open().seed(CONTEXT), open().seed(CONTEXT)]);
    assert.equal((await store.head()).position, SEED_PRODUCTS.length);
  });

  void test("products are listed by id, in pages, each once", async () => {
    const catalogue = trial().open();
    await catalogue.seed(CONTEXT);
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await catalogue.products({ after, limit: 5 });
      if (page.length === 0) break;
      assert.ok(page.length <= 5);
      seen.push(...page.map(({ productId }) => productId));
      after = page.at(-1)?.productId;
    }
    assert.deepEqual(seen, SEED_PRODUCTS.map(({ productId }) => productId).toSorted());
    assert.deepEqual(await catalogue.products({ after: "zzz", limit: 5 }), []);
  });

  void test("a row is the state that the product's events lead to", async () => {
    const { store, events, open } = trial();
    await open().seed(CONTEXT);
    for (const { productId } of SEED_PRODUCTS) {
      const recorded = await events.read(`product-${productId}`);
      const row = await store.getRow("products", productId);
      assert.equal(row?.value, JSON.stringify(recorded.at(-1)?.event.data), "to the byte");
    }
  });

  void test("what is seeded fits the contract; ids and prices that could not be ordered do not", () => {
    for (const product of SEED_PRODUCTS) assert.deepEqual(productSchema.parse(product), product);
    const [product] = SEED_PRODUCTS;
    const bad = [
      { productId: "a b" },
      { productId: "" },
      { name: " " },
      { price: { minor: "1".repeat(13), currency: "GBP" } },
      { stock: 1 },
    ];
    for (const change of bad)
      assert.equal(productSchema.safeParse({ ...product, ...change }).success, false, JSON.stringify(change));
  });
});
