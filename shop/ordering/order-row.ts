import type { RowCursor, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { Folded } from "@daybook/data/event-store/fold";
import { canonical } from "@daybook/kernel/canonical";
import { reveal, type SubjectKeys } from "@daybook/kernel/sealed";
import type { OrderDetails } from "./contract.ts";
import { holdOf, type Order } from "./order.ts";

/** The read model "orders": one row an order, put in the unit that changes it; its value is the aggregate's state. */
export const ORDERS = "orders";

/** Lists that the rows are in; entries end with the time of placing, so that a list is by time. */
export const ORDER_LISTS = {
  all: "placed",
  byStatus: "status",
  byCustomer: "customer",
  byCustomerAndStatus: "customer-status",
  byEnd: "end",
} as const;

export interface OrderRow {
  readonly order: Exclude<Order, { status: "absent" }>;
  readonly version: number;
}

/** The effect that keeps an order's row; pure. */
export function orderRow(id: string, { state, version }: Folded<Order>): readonly Effect[] {
  if (state.status === "absent") return [];
  const time = String(state.placedAt).padStart(15, "0");
  const customer = state.customer.id;
  const index = {
    [ORDER_LISTS.all]: [time],
    [ORDER_LISTS.byStatus]: [`${state.status} ${time}`],
    [ORDER_LISTS.byEnd]: [reversed(id)],
    ...(customer !== undefined && {
      [ORDER_LISTS.byCustomer]: [`${customer} ${time}`],
      [ORDER_LISTS.byCustomerAndStatus]: [`${customer} ${state.status} ${time}`],
    }),
  };
  return [{ kind: "putRow", collection: ORDERS, key: id, value: canonical({ order: state, version }), index }];
}

/** A customer's orders that can be cancelled. */
export async function* openOrders(store: Store, customerId: string): AsyncIterable<string> {
  for (const status of OPEN) {
    const list = { collection: ORDERS, index: ORDER_LISTS.byCustomerAndStatus, prefix: `${customerId} ${status} ` };
    let after: RowCursor | undefined;
    do {
      const page = await store.listRows({ ...list, ...(after && { after }) });
      yield* page.rows.map((row) => row.key);
      after = page.next;
    } while (after);
  }
}

const OPEN = ["placed", "reserved", "paid", "confirmed"] as const;

/** Listed by its end, an id (of ASCII) is found by its last characters. */
export function reversed(id: string): string {
  return id.split("").reverse().join("");
}

export function parseOrderRow(text: string): OrderRow {
  return JSON.parse(text) as OrderRow; // written by orderRow
}

/** The order as it is shown: personal fields opened, or marked as erased. */
export async function orderDetails({ order, version }: OrderRow, updatedAt: number, keys: SubjectKeys): Promise<OrderDetails> {
  const sealed = order.customer.contact;
  const contact = sealed === undefined ? undefined : await reveal(keys, sealed);
  return {
    id: order.orderId,
    version,
    status: order.status,
    customer: { id: order.customer.id, contact, ...(sealed !== undefined && contact === undefined && { isErased: true }) },
    country: order.country,
    lines: order.lines,
    adjustments: order.adjustments,
    total: order.total,
    itemCount: order.lines.reduce((count, line) => count + line.quantity, 0),
    placedAt: order.placedAt,
    updatedAt,
    hold: holdOf(order),
    paidBy: order.payment?.kind,
    reservationId: order.reservationId,
    paymentId: order.paymentId,
    shipment: order.shipment,
    cancellation: order.cancellation,
    failure: order.failure,
    origin: order.origin,
    returns: order.returns && [...order.returns],
  };
}
