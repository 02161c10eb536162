import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { storeBusy } from "@daybook/data/store/errors";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { httpTrial } from "@daybook/testing/http-trial";
import { stockEvents } from "../events.ts";
import { recommendations } from "./recommendations.ts";
import { recommendationCheck, recommendationRoutes } from "./routes.ts";

/** The stock's log, a store in front of it that can fail or hang when it is read, and a catalogue of whatever is sold. */
function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { stock: "inventory" } });
  const events = eventStore(store, stockEvents, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  const faults: { next?: "fails" | "hangs" } = {};
  const faulty = async <T>(read: () => Promise<T>): Promise<T> => {
    reads++;
    if (faults.next === "fails") throw storeBusy("for the trial");
    return faults.next === "hangs" ? new Promise<T>(() => undefined) : read();
  };
  let reads = 0;
  const front: Store = {
    ...store,
    getRow: (...asked) => faulty(() => store.getRow(...asked)),
    listRows: (...asked) => faulty(() => store.listRows(...asked)),
  };
  const unlisted = new Set<string>();
  const product = async (productId: string) =>
    unlisted.has(productId) ? undefined : { productId, name: productId.toUpperCase(), price: money(850n, "GBP") };
  const recommended = recommendations({ store: front, clock, catalogue: { product } });

  /** One order's goods leave. */
  async function sell(...products: readonly string[]): Promise<void> {
    const orderId = ids("ord");
    const effects = products.map((productId) => {
      const data = JSON.stringify({ productId, quantity: 3, reservationId: "res_1", orderId });
      return {
        kind: "append",
        stream: `stock-${productId}`,
        events: [{ type: "StockShipped", schemaVersion: 1, data }],
      } as const;
    });
    const cause = { correlation: orderId, actor: "usr_1", tenant: "shop" };
    await store.commit({ id: ids("unt"), cause, conditions: [], effects });
  }

  async function project(): Promise<void> {
    const running = runProjection(recommended.sold, { events, clock, ids, owner: "prc_1" });
    const { position } = await store.head();
    for (let turn = 0; !(await waitFor(store, recommended.sold, position, 0, clock)).isReached; turn++) {
      assert.ok(turn < 10_000, "the projection stands still");
      await setImmediate();
      if (turn % 8 === 7) clock.advance(1);
    }
    await running.stop();
  }

  /** As text: what is recommended, why, and whether it is degraded. Time passes meanwhile. */
  async function shown(productId: string): Promise<string> {
    const asking = recommended.of(productId);
    asking.catch(() => undefined); // told by the answer
    for (let turn = 0; turn < 60; turn++) {
      await setImmediate();
      clock.advance(10);
    }
    const { products, basis, isDegraded } = await asking;
    const names = products.map((each) => each.productId).join(" ");
    return `${names} (${basis}${isDegraded ? ", degraded" : ""})`;
  }

  return { clock, store, recommended, sell, project, shown, faults, unlisted, reads: () => reads };
}

void describe("recommendations", () => {
  void test("are what was bought together, most often first, and never the product itself", async () => {
    const { sell, project, shown } = trial();
    await sell("mug", "tea");
    await sell("cake", "mug", "tea");
    await sell("mug");
    await project();
    assert.equal(await shown("mug"), "tea cake (bought-together)");
    assert.equal(await shown("cake"), "mug tea (bought-together)");
  });

  void test("of what was never bought with anything are the best sellers, which is no degradation", async () => {
    const { sell, project, shown, unlisted } = trial();
    for (const sale of [["mug", "tea"], ["mug"], ["mug"], ["tea"], ["lamp"]]) await sell(...sale);
    await project();
    assert.equal(await shown("lamp"), "mug tea (best-sellers)");
    unlisted.add("mug");
    assert.equal(await shown("lamp"), "tea (best-sellers)", "what is not listed any more is not recommended");
    await assert.rejects(shown("mug"), { code: "not-found" });
  });

  void test("of a shop that has sold nothing are none", async () => {
    const { project, shown } = trial();
    await project();
    assert.equal(await shown("mug"), " (none)");
  });

  void test("a long sale says of its first products only that they were bought together, and counts for each", async () => {
    const { sell, project, shown } = trial();
    const products = Array.from({ length: 9 }, (_, n) => `p${n}`);
    await sell(...products);
    await project();
    assert.equal(await shown("p0"), "p1 p2 p3 p4 p5 (bought-together)");
    assert.equal(await shown("p6"), "p8 p7 p5 p4 p3 p2 p1 p0 (best-sellers)");
  });

  void test("of many others those are remembered that were most often, and a new one can still come up", async () => {
    const { store, sell, project } = trial();
    for (let n = 0; n < 30; n++) await sell("mug", `x${n}`, "tea");
    for (let n = 0; n < 3; n++) await sell("mug", "new");
    await project();
    const row = await store.getRow("sold-together.1", "mug");
    const { others, sales } = JSON.parse(row?.value ?? "") as { others: [string, number][]; sales: number };
    assert.deepEqual([sales, others.length, ...others.slice(0, 2)], [33, 20, ["tea", 30], ["new", 3]]);
  });
});

void describe("when the read model fails or is slow", () => {
  async function sold() {
    const all = trial();
    await all.sell("mug", "tea");
    await all.sell("mug");
    await all.project();
    return all;
  }

  void test("earlier best sellers are told, marked as degraded, also in the health; then it recovers", async () => {
    const { sell, project, shown, faults, recommended, clock } = await sold();
    await sell("lamp");
    await project();
    await shown("lamp");
    for (const fault of ["fails", "hangs"] as const) {
      faults.next = fault;
      assert.equal(await shown("tea"), "mug lamp (earlier-best-sellers, degraded)", fault);
      const { state, reason } = await recommendationCheck(recommended).check();
      assert.equal(state, "degraded");
      assert.match(reason ?? "", /^earlier-best-sellers instead of bought-together: (store-busy|attempt-timeout)$/);
    }
    delete faults.next;
    clock.advance(30_000);
    assert.equal(await shown("tea"), "mug (bought-together)");
    assert.equal((await recommendationCheck(recommended).check()).state, "healthy");
  });

  void test("best sellers are told when only the question of what goes together fails", async () => {
    const { shown, recommended, store } = await sold();
    const effects = [{ kind: "putRow", collection: "sold-together.1", key: "tea", value: "{}" }] as const;
    const cause = { correlation: "c", actor: "a", tenant: "shop" };
    await store.commit({ id: "unt_broken", cause, conditions: [], effects });
    assert.equal(await shown("tea"), "mug (best-sellers, degraded)");
    assert.equal(recommended.status().source, "best-sellers");
  });

  void test("nothing is told, rather than an error, when nothing was ever read", async () => {
    const { shown, faults } = await sold();
    faults.next = "fails";
    assert.equal(await shown("mug"), " (none, degraded)");
  });

  void test("nobody waits again and again for a store that hangs", async () => {
    const { shown, faults, reads } = await sold();
    faults.next = "hangs";
    for (let n = 0; n < 5; n++) await shown("mug");
    const asked = reads();
    for (let n = 0; n < 20; n++) await shown("mug");
    assert.equal(reads(), asked);
  });

  void test("over HTTP the answer says what it is", async () => {
    const { recommended, faults, clock } = await sold();
    const { ask } = httpTrial({ routes: recommendationRoutes(recommended), clock, statuses: {}, customers: ["cus_1"] });
    const path = "/api/v1/products/tea/recommendations";
    const mug = { productId: "mug", name: "MUG", price: { amount: "8.50", currency: "GBP" } };
    const { status, json } = await ask("GET", path, { as: "cus_1" });
    assert.deepEqual([status, json], [200, { products: [mug], basis: "bought-together", isDegraded: false }]);
    faults.next = "fails";
    assert.deepEqual((await ask("GET", path)).json, { products: [], basis: "none", isDegraded: true });
    assert.equal((await ask("GET", "/api/v1/products/a%20b/recommendations")).status, 400);
  });
});
