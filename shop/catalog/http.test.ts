import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { httpTrial } from "@daybook/testing/http-trial";
import { productEvents } from "./events.ts";
import { catalogRoutes, PRODUCT_STATUSES } from "./http.ts";
import { catalogService } from "./service.ts";

const price = (amount: string, currency = "GBP") => ({ amount, currency });

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { product: "catalog" } });
  const events = eventStore(store, productEvents, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  const catalogue = catalogService({ events, clock, ids });
  const routes = catalogRoutes({ catalogue, store, clock });
  const { ask } = httpTrial({ routes, clock, statuses: PRODUCT_STATUSES, customers: ["cus_1"] });
  const list = (productId: string, name: string, amount = "8.50") =>
    ask("POST", "/api/v1/products", { body: { productId, name, price: price(amount) } });
  async function project(): Promise<void> {
    const running = runProjection(catalogue.searched, { events, clock, ids, owner: "prc_1" });
    const { position } = await store.head();
    for (let turn = 0; !(await waitFor(store, catalogue.searched, position, 0, clock)).isReached; turn++) {
      assert.ok(turn < 10_000, "the projection stands still");
      await setImmediate();
      if (turn % 8 === 7) clock.advance(1);
    }
    await running.stop();
  }
  async function found(q: string): Promise<readonly string[]> {
    const { json } = await ask("GET", `/api/v1/products/search?q=${encodeURIComponent(q)}`, { as: "cus_1" });
    return (json["products"] as readonly { productId: string }[]).map(({ productId }) => productId);
  }
  return { ask, list, project, found };
}

void describe("products over HTTP", () => {
  void test("are listed and changed by operators, and shown with their version", async () => {
    const { ask, list } = trial();
    assert.equal((await list("mug", "Mug")).status, 200);
    const mug = "/api/v1/products/mug";
    assert.equal((await ask("POST", `${mug}/price`, { as: "cus_1", body: price("9.00") })).status, 403);
    const headers = { "if-match": '"1"' };
    const changed = await ask("POST", `${mug}/price`, { body: price("9.00"), headers });
    assert.deepEqual([changed.status, changed.json["price"], changed.headers["etag"]], [200, price("9.00"), '"2"']);
    assert.equal((await ask("POST", `${mug}/price`, { body: price("9.10"), headers })).status, 412);
    const shown = await ask("GET", mug, { as: "cus_1" });
    assert.deepEqual([shown.json, shown.headers["etag"]], [{ productId: "mug", name: "Mug", price: price("9.00") }, '"2"']);
    assert.equal((await ask("GET", "/api/v1/products/cup")).status, 404);
    const unknown = await ask("POST", "/api/v1/products/cup/price", { body: price("1.00") });
    assert.deepEqual([unknown.status, unknown.json["code"]], [404, "product-not-found"]);
    for (const amount of ["0", "-1", "1.001", "1e3", ""]) assert.equal((await list("jug", "Jug", amount)).status, 400, amount);
  });

  void test("are found by the beginnings of all words, without regard to case and accents", async () => {
    const { ask, list, project, found } = trial();
    await list("mug-blue", "Blue enamel mug");
    await list("mug-white", "White enamel mug");
    await list("caf", "Café set (6)");
    await project();
    assert.deepEqual(await found("enam"), ["mug-blue", "mug-white"]);
    assert.deepEqual(await found("MUG bl"), ["mug-blue"]);
    assert.deepEqual(await found("cafe 6"), ["caf"]);
    assert.deepEqual(await found("namel"), []);
    assert.deepEqual(await found("--"), []);
    await list("mug-blue", "Azure cup");
    await project();
    assert.deepEqual([await found("enamel"), await found("azure")], [["mug-white"], ["mug-blue"]]);
    assert.equal((await ask("GET", "/api/v1/products/search?q=")).status, 400);
  });
});
