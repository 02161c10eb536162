import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";

interface Details {
  readonly placedAt: number;
  payment?: string;
  shipment?: string;
}

/** What of an event's name leads where. */
const LEADS_TO: Readonly<Record<string, string>> = { Released: "created", HandedOver: "in-transit" };

/** What leaves a payment what it is. */
const ASIDE: ReadonlySet<string> = new Set(["Disputed", "GivenBack"]);

/** Each order's row says what its payment and shipment have come to, by the events up to the checkpoint. */
export function checkDetails({ log, rows, keys }: RawState, findings: Findings): void {
  const checkpoint = Number(keys.get("checkpoint/order-details.1") ?? 0);
  const expected = new Map<string, Details>();
  for (const { stream, type, data } of log.slice(0, checkpoint)) {
    const [category = "", orderId = ""] = stream.split(/-(.*)/);
    if (type === "OrderPlaced") expected.set(orderId, { placedAt: (JSON.parse(data) as Details).placedAt }); // as it is documented
    const order = expected.get(orderId);
    if (!order || (category !== "payment" && category !== "shipment")) continue;
    const what = type.replace(/^Payment|^Shipment/, "");
    if (!ASIDE.has(what)) order[category] = LEADS_TO[what] ?? what.toLowerCase();
  }
  const found = new Map(rows.filter(({ collection }) => collection === "order-details.1").map(({ key, value }) => [key, value]));
  findings.expect("details rows", found.size === expected.size, () => `${found.size} rows for ${expected.size} orders`);
  for (const [orderId, { payment, placedAt, shipment }] of expected) {
    const text = JSON.stringify({ payment, placedAt, shipment });
    findings.expect(
      "details rows",
      found.get(orderId) === text,
      () => `the row of ${orderId} is ${found.get(orderId)}, not ${text}`,
    );
  }
}
