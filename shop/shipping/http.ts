import type { Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import { notFound } from "@daybook/network/http/errors";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { readWebhook } from "@daybook/network/http/webhooks";
import type { Answer } from "@daybook/network/rpc/contract";
import { z } from "zod";
import { readParcel } from "./http-carrier.ts";
import type { ShippingService } from "./service.ts";

/** Statuses of the refusals and errors of this context. */
export const SHIPPING_STATUSES: StatusTable = {
  "shipment-missing": 404,
  "shipment-held": 409,
  "shipment-cancelled": 409,
  "shipment-under-way": 409,
  "carrier-unavailable": 503,
};

export interface ShippingRoutesParts {
  readonly shipping: ShippingService;
  readonly clock: Clock;
  /** With which the carrier signs its web hooks; several while one is exchanged. */
  readonly hookSecrets: readonly string[];
}

const READ_ROLES = ["operator", "viewer"];
const PROBLEMS = ["shipment-missing", "shipment-cancelled", "shipment-under-way", "carrier-unavailable"];

const idSchema = z.strictObject({ id: givenId });
const shipmentSchema = z.strictObject({
  status: z.enum(["created", "held", "in-transit", "delivered", "failed", "cancelled"]),
  shipmentId: z.string().optional(),
  carrier: z.string().optional(),
  trackingNumber: z.string().optional(),
  estimatedDelivery: z.iso.datetime().optional(),
  hold: z.strictObject({ reason: z.string(), by: z.enum(["operator", "carrier"]) }).optional(),
});

/** The routes of shipments, and the carrier's web hook. */
export function shippingRoutes(parts: ShippingRoutesParts): readonly Route[] {
  return [details(parts), hold(parts), release(parts), hook(parts)];
}

function details({ shipping }: ShippingRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}/shipment",
    name: "getShipment",
    summary: "The shipment of an order",
    tag: "shipping",
    auth: { roles: READ_ROLES },
    params: idSchema,
    success: { status: 200, schema: shipmentSchema },
    problems: ["not-found"],
    async handle({ params }) {
      const shipment = await shipping.operations.get(params.id);
      if (!shipment) throw notFound("the order has no shipment");
      const { status, hold: held, parcel } = shipment;
      const { shipmentId, carrier, trackingNumber, estimatedDelivery: day } = parcel ?? {};
      const estimatedDelivery = day === undefined ? undefined : new Date(day).toISOString();
      return jsonAnswer(200, { status, shipmentId, carrier, trackingNumber, estimatedDelivery, hold: held });
    },
  });
}

function hold({ shipping }: ShippingRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/orders/{id}/shipment/hold",
    name: "holdShipment",
    summary: "Keep the shipment of an order from being handed over",
    tag: "shipping",
    auth: { roles: ["operator"] },
    params: idSchema,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    success: { status: 204 },
    problems: PROBLEMS,
    handle: async (request) =>
      done(await shipping.operations.hold(request.params.id, request.body.reason, request.context), request),
  });
}

function release({ shipping }: ShippingRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/orders/{id}/shipment/release",
    name: "releaseShipment",
    summary: "Let a held shipment go again",
    tag: "shipping",
    auth: { roles: ["operator"] },
    params: idSchema,
    success: { status: 204 },
    problems: PROBLEMS,
    handle: async (request) => done(await shipping.operations.release(request.params.id, request.context), request),
  });
}

/** News of other things than parcels are for others, and are taken: the carrier would send them for ever. */
const newsSchema = z.object({ type: z.string(), data: z.unknown() });

function hook({ shipping, clock, hookSecrets }: ShippingRoutesParts): Route {
  return route({
    method: "POST",
    path: "/hooks/carrier",
    name: "hearCarrier",
    summary: "What the carrier tells, signed by Standard Webhooks",
    tag: "hooks",
    auth: "public",
    rawBody: true,
    success: { status: 204 },
    problems: ["webhook-untrusted", "body-malformed"],
    async handle({ received, context }) {
      assert(received, "a route with a raw body has received it");
      const webhook = readWebhook(received, hookSecrets, clock.now());
      const news = newsSchema.safeParse(webhook.body).data;
      if (news && !news.type.startsWith("parcel.")) return NOTHING;
      const parcel = readParcel(news?.data);
      const by = { ...context, actor: "sys_carrier" };
      if (parcel) await shipping.operations.hear(parcel, by, webhook.id);
      else await shipping.operations.puzzled(webhook, by);
      return NOTHING;
    },
  });
}

const NOTHING: HttpAnswer = { status: 204, headers: {}, body: "" };

function done(answer: Answer<unknown>, { context }: HttpRequest): HttpAnswer {
  return "refusal" in answer ? problemAnswer(answer.refusal, SHIPPING_STATUSES, context.traceparent) : NOTHING;
}
