import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHARGE, trial, until, type Trial } from "../trial/trial.ts";
import { hookListener } from "../trial/listener.ts";

async function statusAfter(world: Trial, token: string, ms: number): Promise<string> {
  const { id } = (await world.post("/card/v1/charges", { ...CHARGE, token })).body;
  world.clock.advance(ms);
  return (await world.get(`/card/v1/charges/${id}`)).body.status;
}

describe("what becomes of a charge", () => {
  test("a pending charge ends as its card says, when its time has come", async () => {
    await using world = await trial();
    assert.equal(await statusAfter(world, "tok_pending", 199), "pending");
    assert.equal(await statusAfter(world, "tok_pending", 200), "succeeded");
    assert.equal(await statusAfter(world, "tok_pending_declined", 200), "declined");
    assert.equal(await statusAfter(world, "tok_disputed", 200), "disputed");
  });

  test("a card may settle first and be disputed then, each told by a hook", async () => {
    await using world = await trial();
    await using shop = await hookListener();
    await world.patch("/control/behaviour", { card: { hooks: { url: shop.url } } });
    const { id } = (await world.post("/card/v1/charges", { ...CHARGE, token: "tok_pending_disputed" }, "k1")).body;
    world.clock.advance(200);
    await until(() => shop.heard.length === 1);
    world.clock.advance(200);
    await until(() => shop.heard.length === 2);
    assert.deepEqual(shop.types, ["charge.settled", "charge.disputed"]);
    const { data } = JSON.parse(shop.heard[1]?.text ?? "") as { data: object };
    assert.deepEqual(data, (await world.get(`/card/v1/charges/${id}`)).body);
  });

  test("with null it waits for the command; an impossible move is refused, the same again changes nothing", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { card: { settleAfterMs: null } });
    const { id } = (await world.post("/card/v1/charges", { ...CHARGE, token: "tok_pending" })).body;
    world.clock.advance(3_600_000);
    const move = (status: string) => world.post(`/control/card/charges/${id}`, { status }, null);
    assert.equal((await move("disputed")).body.error.code, "wrong-status");
    assert.equal((await move("succeeded")).body.status, "succeeded");
    assert.equal((await move("succeeded")).body.status, "succeeded");
    assert.equal((await move("disputed")).body.status, "disputed");
    assert.deepEqual(await world.story("card"), ["charge done!", "charge.settled changed", "charge.disputed changed"]);
  });
});
