import type { KeyRecord } from "@daybook/data/store";
import { canonicalText, memberOf, parsedJson } from "../canonical-text.ts";
import type { Findings } from "../findings.ts";
import { keysOf } from "../listed-entries.ts";
import type { Verifying } from "../verifying.ts";

/** What the movements of an order's pieces come to, by order and product. */
export type Outstanding = Map<string, Map<string, OfOrder>>;

export interface OfOrder {
  readonly reserved: number;
  readonly shipped: number;
}

const PREFIX = "reservation/";

/** What is reserved for an order is what its reservation says, product by product; one that is over holds nothing. */
export async function checkReservations(verifying: Verifying, outstanding: Outstanding, findings: Findings): Promise<void> {
  const seen = new Set<string>();
  for await (const record of keysOf(verifying.store, PREFIX)) {
    findings.checked++;
    const orderId = record.key.slice(PREFIX.length);
    seen.add(orderId);
    const fault = faultOf(record, outstanding.get(orderId));
    if (fault !== undefined && !(await isChangedSince(verifying, record))) findings.violated(fault, { key: record.key });
  }
  for (const [orderId, products] of outstanding) {
    // What is over is remembered for a while; what is reserved has its key.
    if (seen.has(orderId) || ![...products.values()].some(({ reserved }) => reserved !== 0)) continue;
    const key = `${PREFIX}${orderId}`;
    if ((await verifying.store.getKey(key)) === undefined)
      findings.violated("pieces are reserved without a reservation", { key });
  }
}

function faultOf({ value }: KeyRecord, products: ReadonlyMap<string, OfOrder> = new Map()): string | undefined {
  const said = parsedJson(value);
  const [status, items] = [memberOf(said, "status"), memberOf(said, "items")];
  if (!Array.isArray(items) || !["reserved", "released", "shipped"].includes(String(status)))
    return "not in the form of a reservation";
  const wanted = new Map<string, number>();
  for (const item of items) {
    const productId = String(memberOf(item, "productId"));
    wanted.set(productId, (wanted.get(productId) ?? 0) + Number(memberOf(item, "quantity")));
  }
  const held = sums(products, ({ reserved }) => reserved);
  const sent = sums(products, ({ shipped }) => shipped);
  const all = sums(wanted, (quantity) => quantity);
  const nothing = "{}";
  const isRight = {
    reserved: held === all && sent === nothing,
    released: held === nothing && sent === nothing,
    shipped: held === nothing && sent === all,
  };
  return isRight[status as keyof typeof isRight] ? undefined : "the reservation does not agree with the movements of its pieces"; // one of them, by the line above
}

/** The products of which there is something, as text. */
function sums<Value>(products: ReadonlyMap<string, Value>, count: (value: Value) => number): string {
  return canonicalText(Object.fromEntries([...products].map(([id, value]) => [id, count(value)]).filter(([, n]) => n !== 0)));
}

/** Whether something was recorded of the order after the head was read. */
async function isChangedSince({ store, head }: Verifying, { key }: KeyRecord): Promise<boolean> {
  const facts = await store.readCorrelation(key.slice(PREFIX.length));
  return facts.some(({ position }) => position > head.position);
}
