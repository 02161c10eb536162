import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { jsonLog } from "@daybook/foundation/log";
import { systemClock } from "@daybook/kernel/clock";
import { httpServer } from "@daybook/network/http";
import { jsonClient, type JsonClient } from "@daybook/network/http/json-client";
import { partner } from "@daybook/network/http/partner";
import { tokenPrincipals } from "@daybook/network/http/principals";
import { valueOf, type Answer } from "@daybook/network/rpc/contract";
import { startSandbox, type Sandbox } from "../partners.ts";
import { context, trialShipping } from "./conformance/trial.ts";
import { httpCarrier } from "./http-carrier.ts";
import { shippingRoutes } from "./http.ts";
import { parcelKeyOf } from "./shipment-id.ts";

const call = { context };
const clock = systemClock;
const TIMEOUT_MS = 1_000;

let folder: string;
let sandbox: Sandbox;
let control: JsonClient;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daybook-shipping-"));
  sandbox = await startSandbox(folder);
  control = jsonClient({ url: sandbox.url });
});
after(async () => {
  await control.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

function codeOf(answer: Answer<unknown>): string {
  return "refusal" in answer ? answer.refusal.code : "done";
}

async function behave(carrier: object): Promise<void> {
  const { status } = await control.request({ method: "PUT", path: "/control/behaviour", body: { carrier } });
  assert.equal(status, 200);
}

async function parcelOf(orderId: string) {
  const { body } = await control.request({ method: "GET", path: `/carrier/v1/parcels?key=${parcelKeyOf(orderId)}` });
  return body as { readonly id: string; readonly status: string; readonly trackingNumber: string };
}

async function move(orderId: string, status: string): Promise<void> {
  const path = `/control/carrier/parcels/${(await parcelOf(orderId)).id}`;
  assert.equal((await control.request({ method: "POST", path, body: { status } })).status, 200);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = clock.elapsed() + 20_000;
  while (!(await isSo())) {
    assert.ok(clock.elapsed() < end, `this does not come: ${isSo.toString()}`);
    await setTimeout(20);
  }
}

/** Shipping with the real carrier; orders are this test's own. */
function shop(client = jsonClient({ url: sandbox.carrierUrl })) {
  const carrier = httpCarrier(partner({ client, clock, name: "Sandbox Post", timeoutMs: TIMEOUT_MS, hasBreaker: true }));
  return { ...trialShipping({ carrier, clock }), carrier, [Symbol.asyncDispose]: () => client.close() };
}

void describe("shipping by the carrier's HTTP interface", () => {
  void test("makes one parcel an order, also when answers are lost and the address changes meanwhile", async () => {
    await behave({ loseNext: 1 });
    await using trial = shop();
    const { shipping, open, contacts } = trial;
    const address = { street: "Weg 1", city: "Bonn", postalCode: "53111", country: "Germany" };
    contacts.set("one", { firstName: "Ada", address });
    const create = () => shipping.operations.create({ orderId: "one", pieces: 3 }, call);
    await assert.rejects(create(), { code: "carrier-unavailable" });
    const { trackingNumber, estimatedDelivery, carrier } = valueOf(await create());
    assert.deepEqual([trackingNumber, carrier], [(await parcelOf("one")).trackingNumber, "Sandbox Post"]);
    assert.ok(estimatedDelivery !== undefined && estimatedDelivery > clock.now());
    contacts.delete("one");
    assert.equal(valueOf(await open().operations.create({ orderId: "one", pieces: 3 }, call)).trackingNumber, trackingNumber);
    const { body } = await control.request({ method: "GET", path: "/control/summary" });
    const { keysWithMoreThanOneEffect, repeated } = body as {
      keysWithMoreThanOneEffect: number;
      repeated: { parcels: { count: number } };
    };
    assert.deepEqual([keysWithMoreThanOneEffect, repeated.parcels.count], [0, 0]);
  });

  void test("cancels before and after the parcel was made, and not after it was handed over", async () => {
    await behave({});
    await using trial = shop();
    const { operations } = trial.shipping;
    const cancel = (orderId: string) => operations.cancel({ orderId, reason: "late" }, call);
    const create = (orderId: string) => operations.create({ orderId, pieces: 1 }, call);
    for (let n = 0; n < 2; n++) valueOf(await cancel("early"));
    assert.equal(codeOf(await create("early")), "shipment-cancelled");
    valueOf(await create("back"));
    await behave({ loseNext: 1 });
    await assert.rejects(cancel("back"), { code: "carrier-unavailable" });
    valueOf(await cancel("back"));
    assert.equal((await parcelOf("back")).status, "cancelled");
    assert.equal(codeOf(await create("back")), "shipment-cancelled");
    valueOf(await create("gone"));
    await move("gone", "in_transit");
    assert.equal(codeOf(await cancel("gone")), "shipment-under-way");
    assert.equal(await trial.storyOf("gone"), "Created HandedOver");
  });

  void test("holds and releases at the carrier, until it has the parcel", async () => {
    await behave({});
    await using trial = shop();
    const { operations } = trial.shipping;
    valueOf(await operations.create({ orderId: "held", pieces: 1 }, call));
    for (let n = 0; n < 2; n++) valueOf(await operations.hold("held", "odd", context));
    assert.equal((await parcelOf("held")).status, "held");
    valueOf(await operations.release("held", context));
    assert.equal((await parcelOf("held")).status, "created");
    await move("held", "in_transit");
    assert.equal(codeOf(await operations.hold("held", "odd", context)), "shipment-under-way");
  });

  void test("an unknown parcel is none, a carrier that is away, slow, or drips is unavailable", async () => {
    await behave({});
    await using trial = shop();
    assert.equal(await trial.carrier.find("nothing", undefined), undefined);
    for (const conduct of [{ away: "unavailable" }, { away: "refused" }, { latencyMs: 5_000 }, { dripMs: 100 }]) {
      await behave(conduct);
      const created = trial.shipping.operations.create({ orderId: "away", pieces: 1 }, call);
      await assert.rejects(created, { code: "carrier-unavailable" }, JSON.stringify(conduct));
    }
    await behave({});
    const late = { context: { ...context, deadline: clock.now() - 1 } };
    await assert.rejects(trial.shipping.operations.create({ orderId: "away", pieces: 1 }, late), { code: "carrier-unavailable" });
    await using another = shop();
    valueOf(await another.shipping.operations.create({ orderId: "away", pieces: 1 }, call));
  });

  void test("after five failures in a row the carrier is left alone", async () => {
    await behave({ away: "unavailable" });
    await using trial = shop();
    const create = () => trial.shipping.operations.create({ orderId: "alone", pieces: 1 }, call);
    for (let n = 0; n < 5; n++) await assert.rejects(create(), { code: "carrier-unavailable" });
    await behave({});
    await assert.rejects(create(), ({ cause }: { cause: { code: string } }) => cause.code === "circuit-open");
  });

  void test("hears of its parcels by web hooks, in any order, twice and forged, and by asking", async () => {
    await using trial = shop();
    const { shipping, ids, random, storyOf, asked } = trial;
    const server = httpServer({
      routes: shippingRoutes({ shipping, clock, hookSecrets: [sandbox.webhookSecret] }),
      principals: tokenPrincipals([]),
      clock,
      ids,
      random,
      log: jsonLog({ clock, level: "silent" }),
    });
    const url = await server.listen(0);
    const hooks = { url: `${url}/hooks/carrier`, duplicate: true, shuffle: true };
    await behave({ hooks, handOverAfterMs: 10, deliverAfterMs: 10 });
    valueOf(await shipping.operations.create({ orderId: "heard", pieces: 1 }, call));
    await until(async () => (await storyOf("heard")) === "Created HandedOver Delivered");
    const client = jsonClient({ url });
    const forged = { type: "parcel.failed", data: await parcelOf("heard") };
    assert.equal((await client.request({ method: "POST", path: "/hooks/carrier", body: forged })).status, 401);
    await until(async () => {
      const { body } = await control.request({ method: "GET", path: "/control/summary" });
      return (body as { hooks: { pending?: number } }).hooks.pending === undefined;
    });
    assert.equal(await storyOf("heard"), "Created HandedOver Delivered");
    assert.deepEqual(asked, []);

    await behave({ hooks: { off: true } });
    valueOf(await shipping.operations.create({ orderId: "asked", pieces: 1 }, call));
    await move("asked", "in_transit");
    assert.equal(await shipping.operations.lookUp("asked", context), false);
    assert.equal(await storyOf("asked"), "Created HandedOver");
    await client.close();
    await server.close();
  });
});
