import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jsonLog } from "@daybook/foundation/log";
import { httpServer } from "@daybook/network/http";
import { tokenDigest, tokenPrincipals } from "@daybook/network/http/principals";
import { webhookSignature } from "@daybook/network/http/webhooks";
import { valueOf } from "@daybook/network/rpc/contract";
import type { Parcel } from "./carrier.ts";
import { context, trialShipping } from "./conformance/trial.ts";
import { SHIPPING_STATUSES, shippingRoutes } from "./http.ts";
import { parcelKeyOf } from "./shipment-id.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async function served() {
  const trial = trialShipping();
  const { clock, ids, random, shipping } = trial;
  valueOf(await shipping.operations.create({ orderId: "a", pieces: 1 }, { context }));
  const principal = (id: string, role: string) => ({ id, roles: [role], tenant: "shop" });
  const server = httpServer({
    routes: shippingRoutes({ shipping, clock, hookSecrets: [SECRET] }),
    principals: tokenPrincipals([
      { digest: tokenDigest("dbk_operator"), principal: principal("usr_1", "operator") },
      { digest: tokenDigest("dbk_viewer"), principal: principal("usr_2", "viewer") },
    ]),
    clock,
    ids,
    random,
    log: jsonLog({ clock, level: "silent" }),
    statuses: SHIPPING_STATUSES,
  });
  async function ask(method: string, path: string, body?: object, token = "dbk_operator") {
    const headers = { host: "shop", authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
    const answer = await server.inject({ method, url: `/api/v1${path}`, headers, ...(body && { body: JSON.stringify(body) }) });
    return {
      status: answer.status,
      body: (answer.body === "" ? {} : JSON.parse(answer.body)) as Readonly<Record<string, unknown>>,
    };
  }
  async function tell(id: string, news: unknown, secret = SECRET) {
    const body = JSON.stringify(news);
    const seconds = Math.floor(clock.now() / 1000);
    const signed = {
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": webhookSignature(secret, id, seconds, body),
    };
    const headers = { host: "shop", "content-type": "application/json", ...signed };
    return (await server.inject({ method: "POST", url: "/hooks/carrier", headers, body })).status;
  }
  return { ...trial, server, ask, tell };
}

/** In the carrier's words. */
function hookOf({ parcelId, status, changedAt, ...parcel }: Parcel) {
  const wire = {
    ...parcel,
    id: parcelId,
    status: status.replace("-", "_"),
    service: "standard",
    estimatedDelivery: "2026-01-04",
  };
  return { type: `parcel.${wire.status}`, timestamp: "", data: { ...wire, changedAt: new Date(changedAt).toISOString() } };
}

void describe("shipping over HTTP", () => {
  void test("shows a shipment, holds it with a reason and releases it", async () => {
    const { server, ask } = await served();
    const shown = await ask("GET", "/orders/a/shipment");
    assert.deepEqual([shown.status, shown.body["status"], shown.body["trackingNumber"]], [200, "created", "SB1"]);
    assert.equal((await ask("POST", "/orders/a/shipment/hold", { reason: "odd" })).status, 204);
    const held = await ask("GET", "/orders/a/shipment", undefined, "dbk_viewer");
    assert.deepEqual([held.body["status"], held.body["hold"]], ["held", { reason: "odd", by: "operator" }]);
    assert.equal((await ask("POST", "/orders/a/shipment/release")).status, 204);
    assert.equal((await ask("GET", "/orders/a/shipment")).body["status"], "created");
    await server.close();
  });

  void test("refuses what cannot be, and those who may not", async () => {
    const { server, ask, carrier } = await served();
    assert.equal((await ask("GET", "/orders/b/shipment")).status, 404);
    assert.deepEqual((await ask("POST", "/orders/b/shipment/hold", { reason: "odd" })).status, 404);
    assert.equal((await ask("POST", "/orders/a/shipment/hold", { reason: "odd" }, "dbk_viewer")).status, 403);
    assert.equal((await ask("POST", "/orders/a/shipment/hold", {})).status, 400);
    carrier.isAway = true;
    const away = await ask("POST", "/orders/a/shipment/hold", { reason: "odd" });
    assert.deepEqual([away.status, away.body["code"]], [503, "carrier-unavailable"]);
    await server.close();
  });

  void test("takes in a signed web hook once; a forged one changes nothing", async () => {
    const { server, tell, carrier, storyOf } = await served();
    const delivered = hookOf(carrier.move(parcelKeyOf("a"), "delivered"));
    assert.equal(await tell("msg_1", delivered, "whsec_AAAA"), 401);
    assert.equal(await storyOf("a"), "Created");
    assert.deepEqual([await tell("msg_1", delivered), await tell("msg_1", delivered)], [204, 204]);
    assert.equal(await storyOf("a"), "Created HandedOver Delivered");
    await server.close();
  });

  void test("takes what is for others, and asks a person about what it does not understand, once", async () => {
    const { server, tell, storyOf, asked } = await served();
    assert.equal(await tell("msg_1", { type: "invoice.sent", data: {} }), 204);
    assert.equal(await tell("msg_2", { type: "parcel.delivered", data: { id: "pc_1" } }), 204);
    for (let n = 0; n < 2; n++) assert.equal(await tell("msg_3", [1]), 204);
    assert.equal(await storyOf("a"), "Created");
    assert.deepEqual(
      asked.map(({ cause, subject }) => [cause, subject]),
      [
        ["hook-unknown", "msg_2"],
        ["hook-unknown", "msg_3"],
      ],
    );
    await server.close();
  });

  void test("asks a person about an unknown parcel", async () => {
    const { server, tell, carrier, asked } = await served();
    const strange = hookOf({ ...carrier.move(parcelKeyOf("a"), "held"), reference: "b" });
    assert.equal(await tell("msg_1", strange), 204);
    assert.deepEqual(
      asked.map(({ source, subject, cause, orderId, found }) => [source, subject, cause, orderId, found]),
      [["shipping", "pc_1", "parcel-unknown", "b", "There: held. Here: nothing."]],
    );
    await server.close();
  });
});
