import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hookListener } from "../trial/listener.ts";
import { CHARGE, trial, until, type Trial } from "../trial/trial.ts";
import { hookSignature } from "./signature.ts";

/** Makes a charge that settles, and lets it. */
async function settled(world: Trial, key?: string): Promise<void> {
  await world.post("/card/v1/charges", { ...CHARGE, token: "tok_pending" }, key);
  world.clock.advance(200);
}

const noted = (world: Trial, count: number) => until(async () => (await world.story("hook")).length === count);

describe("hooks", () => {
  test("are signed, say what happened, and are journaled", async () => {
    await using world = await trial();
    await using shop = await hookListener();
    await world.put("/control/behaviour", { card: { hooks: { url: shop.url } } });
    await settled(world, "k1");
    await noted(world, 1);
    const [hook] = shop.heard;
    assert.ok(hook);
    assert.match(hook.id, /^msg_/);
    assert.equal(hook.seconds, String(Math.floor(world.clock.now() / 1000)));
    assert.equal(hook.signature, hookSignature(world.sandbox.webhookSecret, hook.id, Number(hook.seconds), hook.text));
    const charge = (await world.get("/card/v1/charges?key=k1")).body;
    assert.deepEqual(JSON.parse(hook.text), { type: "charge.settled", timestamp: "2026-11-21T00:00:00.200Z", data: charge });
    assert.deepEqual(await world.story("hook"), ["charge.settled delivered"]);
  });

  test("are tried again with back-off until 2xx, under one id", async () => {
    await using world = await trial();
    await using shop = await hookListener(500, 302, 503);
    await world.put("/control/behaviour", { card: { hooks: { url: shop.url, retryMs: 100 } } });
    await settled(world);
    for (const [tries, waitMs] of [100, 200, 400].entries()) {
      await noted(world, tries + 1);
      world.clock.advance(waitMs - 1);
      assert.equal(shop.heard.length, tries + 1, "not a moment too early");
      world.clock.advance(1);
    }
    await noted(world, 4);
    world.clock.advance(600_000);
    assert.equal(new Set(shop.heard.map(({ id }) => id)).size, 1);
    assert.deepEqual(
      (await world.story("hook")).map((each) => each.split(" ")[1]),
      ["failed", "failed", "failed", "delivered"],
    );
  });

  test("wait for an address, and go on waiting while nobody is there", async () => {
    await using world = await trial();
    await settled(world);
    await using shop = await hookListener();
    await world.put("/control/behaviour", { card: { hooks: { url: "http://127.0.0.1:1/", retryMs: 50 } } });
    await noted(world, 1);
    await world.put("/control/behaviour", { card: { hooks: { url: shop.url } } });
    world.clock.advance(50);
    await until(() => shop.heard.length === 1);
  });

  test("can be delivered twice, delayed, or not at all", async () => {
    await using world = await trial();
    await using shop = await hookListener();
    const behave = (hooks: object) => world.put("/control/behaviour", { card: { hooks: { url: shop.url, ...hooks } } });
    await behave({ duplicate: true });
    await settled(world);
    await noted(world, 2);
    assert.equal(new Set(shop.heard.map(({ id }) => id)).size, 1);

    await behave({ delayMs: 1000 });
    await settled(world);
    world.clock.advance(999);
    await world.get("/control/health");
    assert.equal(shop.heard.length, 2);
    world.clock.advance(1);
    await until(() => shop.heard.length === 3);

    await behave({ off: true });
    await settled(world);
    await noted(world, 4);
    assert.equal((await world.story("hook")).at(-1), "charge.settled dropped");
    assert.equal(shop.heard.length, 3);
  });

  test("can come out of order, the same way for the same seed", async () => {
    const orders: string[][] = [];
    for (const seed of [7, 7, 8]) {
      await using world = await trial();
      await using shop = await hookListener();
      await world.put("/control/behaviour", { seed, card: { hooks: { url: shop.url, shuffle: true } } });
      for (let n = 0; n < 8; n++) await world.post("/card/v1/charges", { ...CHARGE, token: "tok_pending" }, String(n));
      world.clock.advance(200);
      for (let count = 1; count <= 8; count++) {
        await until(() => world.clock.waiting === 1);
        world.clock.advance(world.clock.nextInMs);
        await noted(world, count);
      }
      orders.push(shop.heard.map(({ text }) => (JSON.parse(text) as { data: { key: string } }).data.key));
    }
    assert.notDeepEqual(orders[0], orders[0]?.toSorted());
    assert.deepEqual(orders[0], orders[1]);
    assert.notDeepEqual(orders[0], orders[2]);
  });
});
