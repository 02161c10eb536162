import assert from "node:assert/strict";
import { test } from "node:test";
import { sandbox } from "./sandbox.ts";
import { client } from "./trial/client.ts";
import { CHARGE, trial, until } from "./trial/trial.ts";

test("closing answers what is under way, and the folder can be opened again with all of it, at the same address", async () => {
  await using world = await trial();
  await world.put("/control/behaviour", { card: { latencyMs: 500 } });
  const underWay = world.post("/card/v1/charges", CHARGE, "k1");
  await until(() => world.clock.waiting === 1);
  const closed = world.sandbox.close();
  await assert.rejects(world.post("/card/v1/charges", CHARGE), "no more is taken");
  world.clock.advance(500);
  const { status, body } = await underWay;
  assert.equal(status, 201);
  await closed;

  const again = await sandbox({ data: world.data, port: 0, smtpPort: 0 });
  assert.deepEqual([again.url, again.webhookSecret], [world.sandbox.url, world.sandbox.webhookSecret]);
  assert.deepEqual((await client(again.url).get(`/card/v1/charges/${body.id}`)).body, body);
  await again.close();
});

test("a request that does not end is cut a second after closing", async () => {
  await using world = await trial();
  await world.put("/control/behaviour", { card: { latencyMs: 60_000 } });
  const underWay = assert.rejects(world.post("/card/v1/charges", CHARGE, "k1"));
  await until(() => world.clock.waiting === 1);
  const closed = world.sandbox.close();
  world.clock.advance(1000);
  await Promise.all([underWay, closed]);
});
