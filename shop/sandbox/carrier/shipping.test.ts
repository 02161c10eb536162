import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hookListener } from "../trial/listener.ts";
import { PARCEL, trial, until } from "../trial/trial.ts";

describe("parcels", () => {
  test("a parcel is made once per key, with tracking number and estimated delivery", async () => {
    await using world = await trial();
    const first = await world.post("/carrier/v1/parcels", PARCEL, "p1");
    assert.equal(first.status, 201);
    const { id, ...rest } = first.body;
    assert.match(id, /^pc_/);
    const at = "2026-11-21T00:00:00.000Z";
    const said = { key: "p1", reference: "order-1", service: "standard", status: "created" };
    const given = { trackingNumber: "SB0000000001", estimatedDelivery: "2026-11-24", createdAt: at, changedAt: at };
    assert.deepEqual(rest, { ...said, ...given });
    assert.equal((await world.post("/carrier/v1/parcels", PARCEL, "p1")).text, first.text);
    assert.equal((await world.post("/carrier/v1/parcels", { ...PARCEL, weightGrams: 1 }, "p1")).body.error.code, "key-reused");
    assert.deepEqual(await world.story("carrier"), ["ship done!", "ship replayed", "ship refused"]);
  });

  test("it is handed over and delivered by itself after set delays, told by hooks and by polling", async () => {
    await using world = await trial();
    await using shop = await hookListener();
    await world.put("/control/behaviour", { carrier: { handOverAfterMs: 500, deliverAfterMs: 1500, hooks: { url: shop.url } } });
    const { id } = (await world.post("/carrier/v1/parcels", PARCEL)).body;
    const status = async () => (await world.get(`/carrier/v1/parcels/${id}`)).body.status;
    world.clock.advance(499);
    assert.equal(await status(), "created");
    world.clock.advance(1);
    assert.equal(await status(), "in_transit");
    await until(() => shop.heard.length === 1);
    world.clock.advance(1500);
    assert.equal(await status(), "delivered");
    await until(() => shop.heard.length === 2);
    assert.deepEqual(shop.types, ["parcel.in_transit", "parcel.delivered"]);
  });

  test("it can be lost on the way", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { carrier: { handOverAfterMs: 0, deliverAfterMs: 10, failedRate: 1 } });
    const { id } = (await world.post("/carrier/v1/parcels", PARCEL)).body;
    world.clock.advance(0);
    await until(async () => (await world.get(`/carrier/v1/parcels/${id}`)).body.status === "in_transit");
    world.clock.advance(10);
    assert.equal((await world.get(`/carrier/v1/parcels/${id}`)).body.status, "failed");
  });

  test("a held parcel is not handed over until it is released", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { carrier: { handOverAfterMs: 500 } });
    const { id } = (await world.post("/carrier/v1/parcels", PARCEL)).body;
    const act = async (what: string) => (await world.post(`/carrier/v1/parcels/${id}/${what}`)).body.status;
    assert.equal(await act("hold"), "held");
    assert.equal(await act("hold"), "held", "again changes nothing");
    world.clock.advance(5_000);
    assert.equal((await world.get(`/carrier/v1/parcels/${id}`)).body.status, "held");
    assert.equal(await act("release"), "created");
    world.clock.advance(500);
    assert.equal((await world.get(`/carrier/v1/parcels/${id}`)).body.status, "in_transit");
    assert.equal((await world.post(`/carrier/v1/parcels/${id}/hold`)).body.error.code, "wrong-status");
  });
});

describe("cancellation by the parcel's key", () => {
  test("is possible until the hand-over", async () => {
    await using world = await trial();
    const { id } = (await world.post("/carrier/v1/parcels", PARCEL, "p1")).body;
    const first = await world.post("/carrier/v1/cancellations", { parcelKey: "p1" }, "c1");
    assert.deepEqual([first.status, first.body], [200, { parcelKey: "p1", result: "cancelled", parcel: id }]);
    assert.equal((await world.post("/carrier/v1/cancellations", { parcelKey: "p1" }, "c2")).text, first.text);
    assert.equal((await world.get("/carrier/v1/parcels?key=p1")).body.status, "cancelled");

    const other = (await world.post("/carrier/v1/parcels", PARCEL, "p2")).body;
    await world.post(`/control/carrier/parcels/${other.id}`, { status: "in_transit" }, null);
    const late = await world.post("/carrier/v1/cancellations", { parcelKey: "p2" });
    assert.deepEqual([late.status, late.body.error.code], [409, "handed-over"]);
  });

  test("before the parcel it is remembered: a parcel that comes later is refused", async () => {
    await using world = await trial();
    assert.equal((await world.post("/carrier/v1/cancellations", { parcelKey: "p1" })).body["result"], "nothing-shipped");
    assert.equal((await world.post("/carrier/v1/parcels", PARCEL, "p1")).body.error.code, "parcel-cancelled");
  });
});

test("rates are told by country and weight; nonsense is refused", async () => {
  await using world = await trial();
  const { body } = await world.get("/carrier/v1/rates?country=FR&weightGrams=2500");
  assert.deepEqual(body["rates"], [
    { service: "standard", amountMinor: 1440, currency: "EUR", estimatedDelivery: "2026-11-26" },
    { service: "express", amountMinor: 1940, currency: "EUR", estimatedDelivery: "2026-11-24" },
  ]);
  for (const query of ["", "?country=xx", "?country=DE&weightGrams=no", "?country=DE&colour=red"]) {
    assert.equal((await world.get(`/carrier/v1/rates${query}`)).status, 400, query);
  }
});
