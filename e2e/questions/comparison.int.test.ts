import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { webhookSignature } from "@daybook/network/http/webhooks";
import { killAll, killProgram, startProgram, verified, type Program } from "../fulfilment/program.ts";
import { behave, charges, moveParcel, parcels } from "../fulfilment/sandbox-client.ts";
import { get, post, type ShownOrder } from "../fulfilment/shop-client.ts";
import { askFor, compared, endOf, nothingDiffers, questions, type ShownQuestion } from "./asked.ts";

const PAYMENTS = ["gone", "amount", "currency", "state", "refunded", "unrefunded", "twice", "returned"] as const;
const PARCELS = ["lost", "missing", "back", "differs"] as const;
const KILLS = 6;

let data: string;
let program: Program;
const orders = new Map<string, string>();
before(async () => {
  data = await mkdtemp(join(tmpdir(), "daybook-compare-"));
  program = await startProgram(data);
  for (const name of [...PAYMENTS, ...PARCELS]) {
    const body = { items: [{ productId: "teapot", quantity: 1 }], payment: { kind: "card", token: "tok_ok" } };
    const { body: answer } = await post(program, "/orders", name, name === "unrefunded" ? { items: body.items } : body);
    orders.set(name, (JSON.parse(answer) as { id: string }).id); // of a 201
  }
  // One is cancelled while it is paid and not sent.
  const path = `/orders/${orders.get("unrefunded")}`;
  await post(program, `${path}/hold`, "hold", { reason: "to be looked at" });
  await post(program, `${path}/payment`, "pay", { kind: "card", token: "tok_ok" });
  await until(async () => (await statusOf("unrefunded")) === "confirmed");
  await post(program, `${path}/cancel`, "cancel", { reason: "changed my mind" });
  for (const name of orders.keys()) if (name !== "unrefunded") await until(async () => (await statusOf(name)) === "shipped");
  await until(async () => (await chargeOf("unrefunded")).refundedMinor > 0);
  const { body: asked } = await post(program, `/orders/${orders.get("returned")}/returns`, "return", { reason: "too big" });
  const { id } = JSON.parse(asked) as { id: string }; // of a 201
  await post(program, `/returns/${id}/receive`, "receive", { writtenOff: [] });
  await until(async () => (await get<{ status: string }>(program, `/returns/${id}`)).status === "completed");
});
after(async () => {
  killAll();
  await rm(data, { recursive: true });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await isSo()); attempt++) {
    assert.ok(attempt < 400, `this does not come: ${isSo.toString()}`);
    await setTimeout(50);
  }
}

async function statusOf(name: string): Promise<string> {
  return (await get<ShownOrder>(program, `/orders/${orders.get(name)}`)).status;
}

async function chargeOf(name: string) {
  const found = (await charges(program)).find(({ reference }) => reference === orders.get(name));
  assert.ok(found, `${name} is charged`);
  return found;
}

async function parcelOf(name: string) {
  const found = (await parcels(program)).find(({ reference }) => reference === orders.get(name));
  assert.ok(found, `${name} has a parcel`);
  return found;
}

/** As a stranger asks the sandbox. */
async function outside(path: string, body: object, key = path): Promise<void> {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const response = await fetch(`${program.sandbox}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
}

async function books(kind: "card/charges" | "carrier/parcels", id: string, body: object): Promise<void> {
  await outside(`/control/${kind}/${id}/books`, body);
}

/** A web hook that is signed, and that nobody understands. */
async function puzzle(partner: "card" | "carrier"): Promise<void> {
  const { webhookSecret } = JSON.parse(await readFile(join(data, "sandbox/address.json"), "utf8")) as { webhookSecret: string }; // by partners.ts
  const body = JSON.stringify({ type: "parcel.sung", data: { song: partner } });
  const seconds = Math.floor(Date.now() / 1000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": `msg_odd_${partner}`,
    "webhook-timestamp": String(seconds),
    "webhook-signature": webhookSignature(webhookSecret, `msg_odd_${partner}`, seconds, body),
  };
  assert.equal((await fetch(`${program.url}/hooks/${partner}`, { method: "POST", headers, body })).status, 204);
}

function told(asked: readonly ShownQuestion[]): readonly string[] {
  const names = new Map([...orders].map(([name, id]) => [id, name]));
  return asked.map(({ cause, orderId = "" }) => `${cause} ${names.get(orderId) ?? ""}`.trim()).toSorted();
}

const CHARGE = { amountMinor: 700, currency: "GBP", token: "tok_ok" };
const RECIPIENT = { name: "Ada", lines: ["Weg 1"], city: "Bonn", country: "DE" };
const PLANTED = [
  "amount-differs amount",
  "amount-differs currency",
  "charge-differs state",
  "charge-missing gone",
  "charge-unknown",
  "charged-twice twice",
  "hook-unknown",
  "hook-unknown",
  "parcel-differs differs",
  "parcel-lost lost",
  "parcel-missing missing",
  "parcel-taken-back back",
  "parcel-unknown",
  "refund-missing returned",
  "refund-missing unrefunded",
  "refund-unknown refunded",
];

void describe("the shop against its partners' books", () => {
  void test("finds nothing as long as nothing is wrong", () => nothingDiffers(program));

  void test("finds what is wrong, each once, though it is killed on its way again and again", async () => {
    const ids = new Map(await Promise.all(PAYMENTS.map(async (name) => [name, (await chargeOf(name)).id] as const)));
    const charge = (name: (typeof PAYMENTS)[number], body: object) => books("card/charges", ids.get(name) ?? "", body);
    await charge("gone", { isGone: true });
    await charge("amount", { amountMinor: 1 });
    await charge("currency", { currency: "EUR" });
    await charge("state", { status: "cancelled" });
    await outside(`/card/v1/charges/${ids.get("refunded")}/refunds`, { amountMinor: 100 });
    for (const name of ["unrefunded", "returned"] as const) await charge(name, { refundedMinor: 0 });
    await outside("/card/v1/charges", { ...CHARGE, reference: orders.get("twice") }, "another-key");
    await outside("/card/v1/charges", { ...CHARGE, reference: "nobody" }, "a-stranger");
    await outside("/carrier/v1/parcels", { reference: "nobody", recipient: RECIPIENT }, "a-stranger");
    for (const name of ["lost", "differs"]) await moveParcel(program, (await parcelOf(name)).id, "in_transit");
    await moveParcel(program, (await parcelOf("lost")).id, "failed");
    await moveParcel(program, (await parcelOf("differs")).id, "delivered");
    await until(async () => (await statusOf("differs")) === "delivered");
    await books("carrier/parcels", (await parcelOf("differs")).id, { status: "in_transit" });
    await books("carrier/parcels", (await parcelOf("missing")).id, { isGone: true });
    await books("carrier/parcels", (await parcelOf("back")).id, { status: "cancelled" });
    for (const partner of ["card", "carrier"] as const) await puzzle(partner);

    await behave(program, { card: { latencyMs: 60 }, carrier: { latencyMs: 60 } });
    const asked = [await askFor(program, "payments"), await askFor(program, "shipping")];
    for (let kill = 0; kill < KILLS; kill++) {
      await setTimeout(20 + 40 * kill);
      await killProgram(program, kill % 3 === 0);
      program = await startProgram(data);
    }
    await behave(program, { card: { latencyMs: 0 }, carrier: { latencyMs: 0 } });
    for (const id of asked) await endOf(program, id);
    assert.deepEqual(told(await questions(program)), PLANTED);
    for (const source of ["payments", "shipping"]) await compared(program, source);
    assert.deepEqual(told(await questions(program)), PLANTED, "found again, it is the same work");
  });

  void test("settles what is put right, and leaves what a person has resolved alone", async () => {
    const before = await questions(program);
    await books("card/charges", (await chargeOf("amount")).id, { amountMinor: 3_400 });
    await books("card/charges", (await chargeOf("currency")).id, { currency: "GBP" });
    await books("card/charges", (await chargeOf("state")).id, { status: "succeeded" });
    for (const name of ["unrefunded", "returned"])
      await books("card/charges", (await chargeOf(name)).id, { refundedMinor: 3_400 });
    await outside("/card/v1/cancellations", { chargeKey: "a-stranger" }, "undo-1");
    await outside("/card/v1/cancellations", { chargeKey: "another-key" }, "undo-2");
    await outside("/carrier/v1/cancellations", { parcelKey: "a-stranger" }, "undo-3");
    await books("carrier/parcels", (await parcelOf("differs")).id, { status: "delivered" });
    await books("carrier/parcels", (await parcelOf("back")).id, { status: "in_transit" });
    const unknown = before.find(({ cause }) => cause === "refund-unknown");
    const resolved = await post(program, `/questions/${unknown?.id}/resolve`, "resolve", { reason: "agreed by telephone" });
    assert.equal(resolved.status, 200);
    const ended = [await compared(program, "payments"), await compared(program, "shipping")];
    assert.deepEqual(
      ended.map(({ settled }) => settled),
      [7, 3],
    );
    const left = ["charge-missing gone", "hook-unknown", "hook-unknown", "parcel-lost lost", "parcel-missing missing"];
    assert.deepEqual(told(await questions(program)), left);
    const found = await verified(data);
    assert.ok(found.ok, JSON.stringify(found.checks.filter(({ violations }) => violations.length > 0)));
    await killProgram(program);
  });
});
