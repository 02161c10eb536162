import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { httpTrial } from "@daybook/testing/http-trial";
import { STOCK_STATUSES, stockRoutes } from "./http.ts";
import { inventoryService } from "./service.ts";

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { stock: "inventory" } });
  const mug = { productId: "mug", name: "Mug", price: money(100n, "GBP") };
  const catalogue = {
    product: async (productId: string) => (productId === "mug" ? mug : undefined),
    products: async () => [mug],
  };
  const open = () => inventoryService({ store, clock, ids: idSource(clock, seededRandom(1)), catalogue });
  const trialOf = () =>
    httpTrial({
      routes: stockRoutes({ inventory: open(), store }),
      clock,
      statuses: STOCK_STATUSES,
      customers: ["cus_1"],
    });
  return { store, ...trialOf(), another: trialOf() };
}

const stock = "/api/v1/stock/mug";
const shown = (onHand: number, received: number, writtenOff = 0) => ({
  productId: "mug",
  onHand,
  reserved: 0,
  shipped: 0,
  writtenOff,
  received,
});

void describe("stock over HTTP", () => {
  void test("comes, is lost, and is shown to operators", async () => {
    const { ask } = trial();
    assert.equal((await ask("GET", stock)).status, 404);
    const received = await ask("POST", `${stock}/receive`, { body: { quantity: 10, reference: "delivery 7" } });
    assert.deepEqual([received.status, received.json], [200, shown(10, 10)]);
    assert.deepEqual(
      (await ask("POST", `${stock}/write-off`, { body: { quantity: 3, reason: "broken" } })).json,
      shown(7, 10, 3),
    );
    assert.deepEqual((await ask("GET", stock, { as: "viewer" })).json, shown(7, 10, 3));
    assert.equal((await ask("GET", stock, { as: "cus_1" })).status, 403);
    const much = await ask("POST", `${stock}/write-off`, { body: { quantity: 8, reason: "lost" } });
    const short = [{ productId: "mug", requested: 8, available: 7 }];
    assert.deepEqual([much.status, much.json["code"], much.json["details"]], [409, "insufficient-stock", { short }]);
    const unknown = await ask("POST", "/api/v1/stock/cup/receive", { body: { quantity: 1 } });
    assert.deepEqual([unknown.status, unknown.json["code"]], [409, "unknown-product"]);
  });

  void test("under one key comes once, in two processes at once, too, and refusals are kept like answers", async () => {
    const { ask, another, store } = trial();
    const headers = { "idempotency-key": "k1" };
    const receive = (by: typeof ask) => by("POST", `${stock}/receive`, { body: { quantity: 10 }, headers });
    const answers = await Promise.all([receive(ask), receive(another.ask), receive(ask)]);
    assert.deepEqual(new Set(answers.map(({ text }) => text)).size, 1);
    assert.deepEqual(answers[0]?.json, shown(10, 10));
    assert.equal(await store.streamVersion("stock-mug"), 1);
    assert.equal((await ask("POST", `${stock}/receive`, { body: { quantity: 11 }, headers })).status, 422);
    const lost = () =>
      ask("POST", `${stock}/write-off`, { body: { quantity: 11, reason: "x" }, headers: { "idempotency-key": "k2" } });
    const refused = await lost();
    await ask("POST", `${stock}/receive`, { body: { quantity: 5 } });
    assert.deepEqual([refused.status, (await lost()).text], [409, refused.text]);
  });

  void test("is checked for an order by anybody who may order", async () => {
    const { ask } = trial();
    await ask("POST", `${stock}/receive`, { body: { quantity: 2 } });
    const check = (quantity: number) =>
      ask("POST", "/api/v1/stock/check", { as: "cus_1", body: { items: [{ productId: "mug", quantity }] } });
    assert.deepEqual((await check(2)).json, { allAvailable: true, short: [] });
    const short = [{ productId: "mug", requested: 3, available: 2 }];
    assert.deepEqual((await check(3)).json, { allAvailable: false, short });
    assert.equal((await check(0)).status, 400);
  });
});
