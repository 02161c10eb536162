import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHARGE, PARCEL, trial } from "../trial/trial.ts";

const DAY = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";
const idsOf = (list: unknown) => (list as readonly { readonly id: string }[]).map(({ id }) => id);

describe("a partner's journal", () => {
  test("has what changed in a time, as it is now, each once, in pages of one order; what is to come is in none", async () => {
    await using world = await trial();
    const made: string[] = [];
    for (const key of ["a", "b", "c", "d"]) made.push((await world.post("/card/v1/charges", CHARGE, key)).body.id);
    world.clock.advance(60_000);
    const [first] = made;
    await world.post(`/card/v1/charges/${first}/refunds`, { amountMinor: 250 });
    const page = (await world.get(`/card/v1/journal?${DAY}&limit=2`)).body;
    assert.deepEqual(idsOf(page["charges"]), made.slice(1, 3));
    const next = (await world.get(`/card/v1/journal?${DAY}&limit=2&after=${String(page["next"])}`)).body;
    assert.deepEqual([idsOf(next["charges"]), next["next"]], [made.slice(3), null], "this moment is not over");
    world.clock.advance(1);
    const rest = (await world.get(`/card/v1/journal?${DAY}&after=${String(page["next"])}`)).body;
    const [, refunded] = rest["charges"] as readonly { refundedMinor: number; key: string; reference: string }[];
    assert.deepEqual([refunded?.refundedMinor, refunded?.key, refunded?.reference], [250, "a", "order-1"]);
    const later = "from=2026-11-21T00:01:00Z&to=2026-11-22T00:00:00Z";
    assert.deepEqual(idsOf((await world.get(`/card/v1/journal?${later}`)).body["charges"]), made.slice(0, 1));
  });

  test("has parcels likewise, and answers for keys, also when there is nothing under one", async () => {
    await using world = await trial();
    const { id } = (await world.post("/carrier/v1/parcels", PARCEL, "p1")).body;
    await world.post("/carrier/v1/cancellations", { parcelKey: "p1" });
    world.clock.advance(1);
    assert.deepEqual(idsOf((await world.get(`/carrier/v1/journal?${DAY}`)).body["parcels"]), [id]);
    const { body } = await world.get("/carrier/v1/journal?key=p1&key=p2");
    const [parcel] = body["parcels"] as readonly { status: string }[];
    assert.deepEqual([idsOf(body["parcels"]), parcel?.status, body["next"]], [[id], "cancelled", null]);
  });

  test("refuses what is no question", async () => {
    await using world = await trial();
    const many = Array.from({ length: 101 }, (_, n) => `key=k${n}`).join("&");
    for (const query of ["", "from=2026-11-21&to=x", `${DAY}&after=3`, `${DAY}&limit=1001`, "key=", many]) {
      const { status, body } = await world.get(`/card/v1/journal?${query}`);
      assert.deepEqual([status, body.error.code], [400, "invalid"], query.slice(0, 60));
    }
  });
});

describe("books that are wrong", () => {
  test("say another amount, state and refund, or nothing at all; nobody is told", async () => {
    await using world = await trial();
    const { id } = (await world.post("/card/v1/charges", CHARGE, "k1")).body;
    const change = { amountMinor: 1, currency: "USD", refundedMinor: 1, status: "disputed" };
    assert.equal((await world.post(`/control/card/charges/${id}/books`, change, null)).status, 200);
    const { body } = await world.get(`/card/v1/charges/${id}`);
    assert.deepEqual({ ...body, ...change }, body);
    assert.equal((await world.post(`/control/card/charges/${id}/books`, { isGone: true }, null)).status, 200);
    assert.equal((await world.get("/card/v1/charges?key=k1")).status, 404);
    const parcel = (await world.post("/carrier/v1/parcels", PARCEL, "p1")).body.id;
    assert.equal((await world.post(`/control/carrier/parcels/${parcel}/books`, { status: "delivered" }, null)).status, 200);
    assert.equal((await world.get(`/carrier/v1/parcels/${parcel}`)).body.status, "delivered");
    assert.equal((await world.post(`/control/carrier/parcels/${parcel}/books`, { isGone: true }, null)).status, 200);
    assert.equal((await world.get(`/carrier/v1/parcels/${parcel}`)).status, 404);
    assert.equal((await world.post(`/control/card/charges/${id}/books`, { isGone: true }, null)).status, 404);
    assert.equal((await world.post(`/control/card/charges/${id}/books`, { colour: "red" }, null)).status, 400);
    assert.deepEqual((await world.get("/control/summary")).body["hooks"], {});
  });
});
