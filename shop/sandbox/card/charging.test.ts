import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHARGE, trial } from "../trial/trial.ts";

describe("charging", () => {
  test("a charge succeeds, and the same key gives the same bytes and one effect", async () => {
    await using world = await trial();
    const first = await world.post("/card/v1/charges", CHARGE, "k1");
    assert.equal(first.status, 201);
    assert.deepEqual([first.body.status, first.body["amountMinor"], first.body["currency"]], ["succeeded", 1250, "EUR"]);
    world.clock.advance(60_000);
    const { token, ...rest } = CHARGE;
    assert.deepEqual(
      await world.post("/card/v1/charges", { token, ...rest }, "k1"),
      first,
      "also with the fields in another order",
    );
    assert.deepEqual(await world.story("card"), ["charge done!", "charge replayed"]);
  });

  test("a key is refused with another body, with another operation, and binds nothing when it was refused", async () => {
    await using world = await trial();
    const { body } = await world.post("/card/v1/charges", CHARGE, "k1");
    const other = await world.post("/card/v1/charges", { ...CHARGE, amountMinor: 1 }, "k1");
    assert.deepEqual([other.status, other.body.error.code], [422, "key-reused"]);
    assert.equal((await world.post(`/card/v1/charges/${body.id}/refunds`, {}, "k1")).status, 422);
    assert.equal((await world.post("/card/v1/charges", { ...CHARGE, amountMinor: 0 }, "k2")).status, 400);
    assert.equal((await world.post("/card/v1/charges", CHARGE, "k2")).status, 201);
    assert.deepEqual(await world.story("card"), [
      "charge done!",
      "charge refused",
      "refund refused",
      "charge refused",
      "charge done!",
    ]);
  });

  test("requests with one key at the same time have one effect", async () => {
    await using world = await trial();
    const replies = await Promise.all(Array.from({ length: 50 }, () => world.post("/card/v1/charges", CHARGE, "k1")));
    assert.equal(new Set(replies.map(({ text }) => text)).size, 1);
    assert.equal((await world.story("card")).filter((each) => each.endsWith("!")).length, 1);
  });

  test("cards decline each in their way, and a decline is remembered", async () => {
    await using world = await trial();
    const declines = { tok_declined: "declined", tok_insufficient_funds: "insufficient_funds", tok_expired: "expired_card" };
    for (const [token, code] of Object.entries({
      ...declines,
      tok_invalid: "invalid_details",
      tok_unheard_of: "invalid_details",
    })) {
      const first = await world.post("/card/v1/charges", { ...CHARGE, token }, token);
      assert.deepEqual([first.status, first.body.status, first.body["declineCode"]], [201, "declined", code]);
      assert.equal(first.body["availableMinor"], code === "insufficient_funds" ? 625 : undefined);
      assert.deepEqual(await world.post("/card/v1/charges", { ...CHARGE, token }, token), first);
    }
    assert.ok(
      (await world.story("card")).every((each) => !each.endsWith("!")),
      "no decline is an effect",
    );
  });

  test("a charge is found by id, by key and in the pages", async () => {
    await using world = await trial();
    const made = [];
    for (const key of ["a", "b", "c"]) made.push((await world.post("/card/v1/charges", CHARGE, key)).body);
    assert.deepEqual((await world.get(`/card/v1/charges/${made[1]?.id}`)).body, made[1]);
    assert.deepEqual((await world.get("/card/v1/charges?key=c")).body, made[2]);
    assert.equal((await world.get("/card/v1/charges?key=d")).status, 404);
    const page = (await world.get("/card/v1/charges?after=1&limit=1")).body;
    assert.deepEqual(page, { charges: [made[1]], next: 2 });
    assert.deepEqual((await world.get("/card/v1/charges?after=3")).body, { charges: [], next: null });
  });
});

describe("refunds", () => {
  test("a charge is refunded in parts, never past its amount", async () => {
    await using world = await trial();
    const { id } = (await world.post("/card/v1/charges", CHARGE)).body;
    const part = await world.post(`/card/v1/charges/${id}/refunds`, { amountMinor: 1000 }, "r1");
    assert.deepEqual([part.status, part.body["amountMinor"], part.body["charge"]], [201, 1000, id]);
    assert.deepEqual(await world.post(`/card/v1/charges/${id}/refunds`, { amountMinor: 1000 }, "r1"), part);
    const more = await world.post(`/card/v1/charges/${id}/refunds`, { amountMinor: 251 });
    assert.deepEqual([more.status, more.body.error.code], [409, "refund-too-large"]);
    assert.equal((await world.post(`/card/v1/charges/${id}/refunds`)).body["amountMinor"], 250, "without an amount the rest");
    assert.equal((await world.post(`/card/v1/charges/${id}/refunds`)).body.error.code, "refund-too-large");
    assert.equal((await world.get(`/card/v1/charges/${id}`)).body["refundedMinor"], 1250);
  });

  test("what is not charged is not refunded", async () => {
    await using world = await trial();
    for (const token of ["tok_declined", "tok_pending"]) {
      const { id } = (await world.post("/card/v1/charges", { ...CHARGE, token })).body;
      assert.equal((await world.post(`/card/v1/charges/${id}/refunds`)).body.error.code, "not-refundable");
    }
    assert.equal((await world.post("/card/v1/charges/ch_0_1/refunds")).status, 404);
  });
});

describe("cancellation by the charge's key", () => {
  test("refunds the rest of what was charged, once under whatever key", async () => {
    await using world = await trial();
    const { id } = (await world.post("/card/v1/charges", CHARGE, "k1")).body;
    await world.post(`/card/v1/charges/${id}/refunds`, { amountMinor: 250 });
    const first = await world.post("/card/v1/cancellations", { chargeKey: "k1" }, "c1");
    assert.deepEqual(first.body, { chargeKey: "k1", result: "refunded", charge: id, refundedMinor: 1000, currency: "EUR" });
    assert.equal((await world.post("/card/v1/cancellations", { chargeKey: "k1" }, "c1")).text, first.text);
    assert.equal((await world.post("/card/v1/cancellations", { chargeKey: "k1" }, "c2")).text, first.text);
    assert.equal((await world.get(`/card/v1/charges/${id}`)).body["refundedMinor"], 1250);
    assert.deepEqual((await world.story("card")).slice(2), ["cancel done!", "cancel replayed", "cancel done"]);
  });

  test("before the charge it is remembered: a charge that comes later is refused", async () => {
    await using world = await trial();
    assert.deepEqual((await world.post("/card/v1/cancellations", { chargeKey: "k1" })).body, {
      chargeKey: "k1",
      result: "nothing-charged",
      refundedMinor: 0,
    });
    const late = await world.post("/card/v1/charges", CHARGE, "k1");
    assert.deepEqual([late.status, late.body.error.code], [409, "charge-cancelled"]);
    assert.equal((await world.get("/card/v1/charges?key=k1")).status, 404);
  });

  test("a pending charge ends cancelled and does not settle; a declined one has nothing to refund", async () => {
    await using world = await trial();
    const { id } = (await world.post("/card/v1/charges", { ...CHARGE, token: "tok_pending" }, "k1")).body;
    assert.equal((await world.post("/card/v1/cancellations", { chargeKey: "k1" })).body["result"], "cancelled");
    world.clock.advance(1000);
    assert.equal((await world.get(`/card/v1/charges/${id}`)).body.status, "cancelled");
    await world.post("/card/v1/charges", { ...CHARGE, token: "tok_declined" }, "k2");
    assert.equal((await world.post("/card/v1/cancellations", { chargeKey: "k2" })).body["result"], "nothing-to-refund");
  });
});
