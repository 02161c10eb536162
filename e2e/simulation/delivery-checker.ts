import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import { foldOrders } from "./order-fold.ts";
import type { PlayedWorld } from "./played-world.ts";

/** How a parcel ends at the carrier's: the events of its shipment and of its order that say so, once each. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  delivered: ["OrderDelivered", "ShipmentDelivered"],
  failed: ["ShipmentFailed"],
};
const SAID = ["ShipmentDelivered", "ShipmentFailed", "OrderDelivered"];

/** What became of each parcel is what shipment and order say, once; nothing else is said, and no question is left. */
export function checkDeliveries({ carrier }: PlayedWorld, { log, rows }: RawState, findings: Findings): void {
  const said = new Map<string, string[]>();
  for (const { stream, type } of log) {
    if (SAID.includes(type)) said.getOrInsertComputed(stream.slice(stream.indexOf("-") + 1), () => []).push(type);
  }
  const parcels = new Map([...carrier.parcels.values()].map((parcel) => [parcel.reference, parcel]));
  for (const [orderId, versions] of foldOrders(log)) {
    const { status = "none" } = parcels.get(orderId) ?? {};
    const expected = (ENDS[status] ?? []).join(", ");
    const found = (said.get(orderId) ?? []).toSorted().join(", ");
    findings.expect("deliveries", found === expected, () => `${orderId}: its parcel is ${status}, and what is said is ${found}`);
    const isTaken = status !== "created" || versions.at(-1)?.status !== "shipped";
    findings.expect("deliveries", isTaken, () => `${orderId} is shipped, and its parcel was not brought to the carrier`);
  }
  for (const { collection, value } of rows) {
    findings.expect("deliveries", collection !== "parcel-questions", () => `a question is open: ${value}`);
  }
}
