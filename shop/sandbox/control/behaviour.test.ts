import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { client } from "../trial/client.ts";
import { CHARGE, PARCEL, trial, until } from "../trial/trial.ts";

describe("behaviour on command", () => {
  test("PUT replaces, PATCH changes only what it names", async () => {
    await using world = await trial();
    const good = (await world.get("/control/behaviour")).body;
    await world.put("/control/behaviour", { seed: 9, card: { latencyMs: { from: 1, to: 2 }, hooks: { retryMs: 7 } } });
    const { body } = await world.patch("/control/behaviour", { card: { failNext: 3, latencyMs: 5 } });
    const card = body["card"] as { failNext: number; latencyMs: number; hooks: { retryMs: number } };
    assert.deepEqual([body["seed"], card.failNext, card.latencyMs, card.hooks.retryMs], [9, 3, 5, 7]);
    assert.deepEqual((await world.put("/control/behaviour", {})).body, good);
  });

  test("the next requests fail without effect, and only those", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { card: { failNext: 2 } });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await world.post("/card/v1/charges", CHARGE, "k1")).status);
    assert.deepEqual(statuses, [503, 503, 201]);
    assert.deepEqual(await world.story("card"), ["charge unavailable", "charge unavailable", "charge done!"]);
  });

  test("a lost answer: the effect is there, the connection is cut, the same key gets the answer", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { card: { loseNext: 1 }, carrier: { loseRate: 1 } });
    await assert.rejects(world.post("/card/v1/charges", CHARGE, "k1"));
    await assert.rejects(world.post("/carrier/v1/parcels", PARCEL, "p1"));
    const again = await world.post("/card/v1/charges", CHARGE, "k1");
    assert.deepEqual(again.body, (await world.get("/card/v1/charges?key=k1")).body);
    const { entries } = (await world.get("/control/journal")).body;
    assert.deepEqual(
      entries.map(({ outcome, effect, lost }) => [outcome, effect, lost]),
      [
        ["done", true, true],
        ["done", true, true],
        ["replayed", false, false],
      ],
    );
  });

  test("away: 503, or no connection at all, until it is back on the same address", async () => {
    await using world = await trial();
    const { cardUrl, carrierUrl } = world.sandbox;
    await world.put("/control/behaviour", { card: { away: "unavailable" } });
    assert.equal((await client(cardUrl).post("/card/v1/charges", CHARGE)).body.error.code, "unavailable");
    await world.put("/control/behaviour", { card: { away: "refused" } });
    const refused = await client(cardUrl)
      .post("/card/v1/charges", CHARGE)
      .catch((error: { cause?: { code?: string } }) => error.cause?.code);
    assert.equal(refused, "ECONNREFUSED");
    await assert.rejects(world.post("/card/v1/charges", CHARGE), "the common address cuts the connection");
    assert.equal((await client(carrierUrl).post("/carrier/v1/parcels", PARCEL)).status, 201, "the carrier is there");
    await world.put("/control/behaviour", {});
    assert.equal((await client(cardUrl).post("/card/v1/charges", CHARGE)).status, 201);
    assert.deepEqual(await world.story("card"), ["charge unavailable", "charge unavailable", "charge done!"]);
  });

  test("latency comes before the effect, so that a charge can arrive after its cancellation", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { card: { latencyMs: 5000 } });
    const late = world.post("/card/v1/charges", CHARGE, "k1");
    await until(() => world.clock.waiting === 1);
    await world.put("/control/behaviour", {});
    assert.equal((await world.post("/card/v1/cancellations", { chargeKey: "k1" })).body["result"], "nothing-charged");
    world.clock.advance(5000);
    assert.equal((await late).body.error.code, "charge-cancelled");
  });

  test("an answer can drip, byte by byte", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { carrier: { dripMs: 100 } });
    let isAnswered = false;
    const dripping = world.post("/carrier/v1/parcels", PARCEL).finally(() => (isAnswered = true));
    await until(() => world.clock.waiting === 1);
    world.clock.advance(100);
    await until(() => world.clock.waiting === 1);
    assert.equal(isAnswered, false);
    await until(() => {
      world.clock.advance(100);
      return isAnswered;
    });
    assert.equal((await dripping).body.status, "created");
  });

  test("rates follow the seed: the same requests fail", async () => {
    const outcomes: string[] = [];
    for (const seed of [3, 3, 4]) {
      await using world = await trial();
      await world.put("/control/behaviour", { seed, card: { errorRate: 0.5 } });
      let story = "";
      for (let n = 0; n < 20; n++) story += (await world.post("/card/v1/charges", CHARGE)).status === 201 ? "." : "x";
      outcomes.push(story);
    }
    assert.equal(outcomes[0], outcomes[1]);
    assert.notEqual(outcomes[0], outcomes[2]);
    assert.match(outcomes[0] ?? "", /x.*\.|\..*x/);
  });
});
