import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sealPending } from "@daybook/data/event-store/seal";
import { jsonLog } from "@daybook/foundation/log";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { shopServer } from "@daybook/shop/app";
import { FILES, openShop, SYSTEM_CONTEXT, type Shop } from "@daybook/shop/shop";

const DAY_MS = 24 * 60 * 60 * 1_000;

let keys = 0;

/** What a request is answered, by its status and body. */
async function asked(shop: Shop, path: string, body?: object, method = body ? "POST" : "GET") {
  const server = shopServer(shop, jsonLog({ clock: shop.clock, level: "silent" }));
  const json = { "content-type": "application/json", "idempotency-key": `key-${++keys}` };
  const headers = { host: "daybook", authorization: `Bearer ${shop.developmentToken}`, ...(body && json) };
  const answer = await server.inject({ method, url: `/api/v1${path}`, headers, ...(body && { body: JSON.stringify(body) }) });
  await server.close(0);
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> }; // JSON on every route
}

async function seal({ store, clock, ids }: Shop): Promise<void> {
  await sealPending({ store, clock, ids, owner: "embedded" }, { isFinal: true });
}

/** A run to its end. */
async function archived(shop: Shop, rule: string) {
  assert.equal((await asked(shop, `/archive/run${rule}`, undefined, "POST")).status, 202);
  for (;;) {
    const { body } = await asked(shop, "/archive/run");
    if (body["state"] !== "archiving") return body;
    await setImmediate();
  }
}

const ORDER = {
  customerId: "cus_1",
  contact: { firstName: "Zoë", lastName: "Quill", email: "zoe@example.org" },
  items: [{ productId: "teapot", quantity: 2 }],
};

test("an order that was archived is shown over the API as before, by id, with its life, and goes on", async (t) => {
  const data = await mkdtemp(join(tmpdir(), "daybook-archived-"));
  const clock = virtualClock();
  let shop = await openShop({ data, clock });
  t.after(async () => {
    await shop.close();
    await rm(data, { recursive: true });
  });
  await shop.catalogue.seed(SYSTEM_CONTEXT);
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push(String((await asked(shop, "/orders", ORDER)).body["id"]));
  const [first = ""] = ids;
  assert.equal((await asked(shop, `/orders/${first}/cancel`, { reason: "not needed" })).status, 200);
  await seal(shop);
  const paths = [`/orders/${first}`, `/orders/${first}/life`, `/streams/order-${first}`, "/log?limit=5"];
  const before = await Promise.all(paths.map((path) => asked(shop, path)));
  assert.ok(
    before.every(({ status }) => status === 200),
    JSON.stringify(before),
  );

  assert.deepEqual((await asked(shop, "/archive/next")).body, { from: 1, facts: 0, isEnough: false }, "nothing is old");
  clock.jump(100 * DAY_MS);
  await asked(shop, "/orders", ORDER);
  await seal(shop);
  const { body: next } = await asked(shop, "/archive/next?leastFacts=5");
  assert.equal(next["isEnough"], true);
  const run = await archived(shop, "?leastFacts=5");
  assert.deepEqual(run["progress"], { segments: 1, archived: next["facts"], removed: next["facts"] });
  assert.deepEqual(await Promise.all(paths.map((path) => asked(shop, path))), before);

  await shop.close();
  shop = await openShop({ data, clock });
  assert.deepEqual(await Promise.all(paths.map((path) => asked(shop, path))), before, "after a restart, too");
  const second = ids[1] ?? "";
  assert.equal((await asked(shop, `/orders/${second}/cancel`, { reason: "too late" })).status, 200);
  assert.equal((await asked(shop, `/orders/${second}`)).body["status"], "cancelled");

  const { segments } = (await asked(shop, "/archive")).body as { segments: { file: string }[] };
  const file = segments[0]?.file ?? "";
  assert.equal(file, join(data, FILES.cold, `1-${String(next["facts"])}.db`));
  assert.match(JSON.stringify(await asked(shop, `/orders/${first}`)), /Quill/);
  await shop.events.keys.erase("cus_1");
  assert.doesNotMatch(JSON.stringify(await Promise.all(paths.map((path) => asked(shop, path)))), /Quill/, "erased is erased");
  assert.equal(readFileSync(file).includes("Quill"), false, "a file holds ciphertext");
  await shop.close();
  renameSync(file, `${file}.away`);
  shop = await openShop({ data, clock });
  const { status, body } = await asked(shop, `/orders/${first}/life`);
  assert.deepEqual([status, body["code"]], [503, "segment-unreachable"]);
  assert.equal((await asked(shop, "/orders", { ...ORDER, customerId: "cus_2" })).status, 201, "everything else goes on");
  assert.ok(!existsSync(file));
});
