import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "@daybook/kernel/clock";
import { money } from "@daybook/kernel/money";
import { jsonClient, type JsonClient } from "@daybook/network/http/json-client";
import { partner } from "@daybook/network/http/partner";
import { startSandbox, type Sandbox } from "../partners.ts";
import { httpCardProvider } from "./http-card-provider.ts";

const order = (key: string, token: string) => ({ key, token, amount: money(1_000n, "GBP"), reference: "ord_1" });

let folder: string;
let sandbox: Sandbox;
let client: JsonClient;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daybook-card-"));
  sandbox = await startSandbox(folder);
  client = jsonClient({ url: sandbox.cardUrl });
});
after(async () => {
  await client.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

void test("a charge is made once for its key, found by it, and undone by it", async () => {
  const provider = httpCardProvider(partner({ name: "card provider", client, clock: systemClock }));
  assert.equal(await provider.find("charge-a"), undefined);
  const charged = await provider.charge(order("charge-a", "tok_ok"));
  assert.equal(charged.status, "completed");
  assert.deepEqual(await provider.charge(order("charge-a", "tok_ok")), charged);
  assert.deepEqual(await provider.find("charge-a"), charged);
  for (let n = 0; n < 2; n++) assert.deepEqual(await provider.cancel("charge-a"), { isRefunded: true });
});

void test("a part of a charge goes back once for its key, and never more than is left", async () => {
  const provider = httpCardProvider(partner({ name: "card provider", client, clock: systemClock }));
  const charged = await provider.charge(order("charge-e", "tok_ok"));
  assert.ok(charged.status === "completed");
  const part = { key: "refund-ret_1", chargeId: charged.chargeId, amount: money(400n, "GBP") };
  const back = await provider.refund(part);
  assert.equal(back.status, "refunded");
  assert.deepEqual(await provider.refund(part), back);
  const refused = await provider.refund({ ...part, key: "refund-ret_2", amount: money(601n, "GBP") });
  assert.deepEqual(refused, { status: "refused", reason: "The card provider says: refund-too-large." });
});

void test("what is pending or declined is said so; undone before it was made, it is never made", async () => {
  const provider = httpCardProvider(partner({ name: "card provider", client, clock: systemClock }));
  assert.equal((await provider.charge(order("charge-b", "tok_pending"))).status, "pending");
  const declined = await provider.charge(order("charge-c", "tok_expired"));
  assert.ok(declined.status === "declined" && declined.code === "payment-details-invalid");
  assert.deepEqual(await provider.cancel("charge-d"), { isRefunded: false });
  assert.deepEqual(await provider.charge(order("charge-d", "tok_ok")), { status: "cancelled" });
});
