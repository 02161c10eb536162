import { canonicalText, memberOf } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import type { Check, Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { compareProjected, type ProjectedRow } from "./projected-rows.ts";

interface Details {
  readonly placedAt: number;
  payment?: string;
  shipment?: string;
}

/** What each event leaves: of the order's payment, and of its shipment. */
const LEAVES: Readonly<Record<string, { readonly payment: string } | { readonly shipment: string }>> = {
  PaymentPending: { payment: "pending" },
  PaymentCompleted: { payment: "completed" },
  PaymentDeclined: { payment: "declined" },
  PaymentCancelled: { payment: "cancelled" },
  PaymentRefunded: { payment: "refunded" },
  ShipmentCreated: { shipment: "created" },
  ShipmentHeld: { shipment: "held" },
  ShipmentReleased: { shipment: "created" },
  ShipmentHandedOver: { shipment: "in-transit" },
  ShipmentDelivered: { shipment: "delivered" },
  ShipmentFailed: { shipment: "failed" },
  ShipmentCancelled: { shipment: "cancelled" },
};

/**
 * The read model "order-details" is, up to its checkpoint, what payment and shipment of each order have come to, and each order
 * stands in the lists of both by its time of placing. Its lag is no violation.
 */
export function orderDetailsCheck(verifying: Verifying): Check {
  const findings = new Findings("order-details (law 3)");
  const { details } = verifying.marks;
  const orders = new Map<string, Details>();
  return {
    findings: [findings],
    fact(fact) {
      if (fact.stored.position <= details.checkpoint) note(orders, fact);
    },
    async end() {
      const expected = new Map([...orders].map(([orderId, order]) => [orderId, rowOf(order)]));
      await compareProjected(verifying, details, expected, findings);
    },
  };
}

function note(orders: Map<string, Details>, { stored: { stream, type }, data }: Fact): void {
  const [category, ...rest] = stream.split("-");
  const orderId = rest.join("-");
  if (category === "order" && type === "OrderPlaced") orders.set(orderId, { placedAt: Number(memberOf(data, "placedAt")) });
  const order = category === "payment" || category === "shipment" ? orders.get(orderId) : undefined;
  if (order && Object.hasOwn(LEAVES, type)) Object.assign(order, LEAVES[type]);
}

function rowOf(order: Details): ProjectedRow {
  const time = String(order.placedAt).padStart(15, "0");
  const entries = (["payment", "shipment"] as const).flatMap((list) =>
    order[list] === undefined ? [] : [`${list}/${order[list]} ${time}`],
  );
  return { text: canonicalText({ ...order }), entries };
}
