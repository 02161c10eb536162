import { readModel } from "@daybook/data/cqrs/read-model";
import type { ListRows, Row, RowCursor, Store } from "@daybook/data/store";
import type { CountOrders, ListOrders, OrderCount, SomeOrders } from "./contract.ts";
import { DETAIL_LISTS, ORDER_DETAILS, timeEntry, type DetailsRow } from "./order-details.ts";
import { ORDERS, ORDER_LISTS, parseOrderRow } from "./order-row.ts";

/** An order's own row; and what has become of its payment and shipment, where the list is about that. */
export interface ListedRow {
  readonly row: Row;
  readonly details?: DetailsRow | undefined;
}

export interface ListedPage {
  readonly rows: readonly ListedRow[];
  readonly next?: RowCursor;
}

export interface OrderLists {
  page(list: ListOrders): Promise<ListedPage>;
  count(list: CountOrders): Promise<OrderCount>;
  /** Undefined when the read model has not seen the order. */
  detailsOf(orderId: string): Promise<DetailsRow | undefined>;
}

/** What one page looks at, at most, to find what it is asked for. */
const LOOKED_MAX = 1_000;
const READ_MAX = 1_000;
const CHUNK = 200;

/** Lists of orders, newest first: the list that has most of what is asked for is walked, the rest is seen in the rows. */
export function orderLists(store: Store): OrderLists {
  const model = readModel<DetailsRow>(store, ORDER_DETAILS);
  const detailsOf = async (orderId: string) => (await model.get(orderId))?.value;

  async function read(walk: Walk, limit: number, after: RowCursor | undefined): Promise<ListedPage> {
    const options = { ...walk.list, direction: "backwards", limit, ...(after && { after }) } as const;
    const page = walk.isOfDetails ? await model.list(options) : await store.listRows({ ...options, collection: ORDERS });
    const rows = await Promise.all(
      page.rows.map(async (found) => {
        if (!walk.isOfDetails) {
          const row = found as Row; // of the orders' own
          return walk.isExact ? { row } : { row, details: await detailsOf(found.key) };
        }
        const row = await store.getRow(ORDERS, found.key);
        return row && { row, details: found.value as DetailsRow }; // of the read model's
      }),
    );
    return { rows: rows.filter((each) => each !== undefined), ...(page.next && { next: page.next }) };
  }

  async function page(list: ListOrders, lookedMax = LOOKED_MAX): Promise<ListedPage> {
    const walk = walkOf(list);
    const wanted: ListedRow[] = [];
    const chunk = walk.isExact ? Math.min(list.limit, READ_MAX) : CHUNK;
    let after = list.after ?? walk.start;
    for (let looked = 0; looked < lookedMax; looked += chunk) {
      const { rows, next } = await read(walk, chunk, after);
      for (const [index, each] of rows.entries()) {
        const { placedAt } = parseOrderRow(each.row.value).order;
        if (placedAt < (list.placedFrom ?? 0)) return { rows: wanted };
        if (!isWanted(each, list)) continue;
        wanted.push(each);
        const isLast = index === rows.length - 1 && !next;
        if (wanted.length === list.limit)
          return { rows: wanted, ...(!isLast && { next: cursorOf(walk, each.row.key, placedAt) }) };
      }
      if (!next) return { rows: wanted };
      after = next;
    }
    return { rows: wanted, ...(after && { next: after }) };
  }

  return {
    page,
    detailsOf,
    async count({ cap, ...list }) {
      const walk = walkOf(list);
      if (!walk.isExact || list.placedFrom !== undefined || walk.start) {
        const { rows, next } = await page({ ...list, limit: cap }, cap);
        return { count: rows.length, isCapped: next !== undefined };
      }
      const { list: of } = walk;
      const count = walk.isOfDetails ? await model.count(of, cap) : await store.countRows({ ...of, collection: ORDERS }, cap);
      return { count, isCapped: count === cap };
    },
  };
}

/** One list, of the orders' own rows or of the read model's; where in it to begin. */
interface Walk {
  readonly isOfDetails: boolean;
  readonly list: Pick<ListRows, "index" | "prefix">;
  readonly start?: RowCursor;
  /** Whatever is in the list is wanted, but for the time. */
  readonly isExact: boolean;
}

function walkOf(some: SomeOrders): Walk {
  const { customerId, status, payment, shipment, placedBefore } = some;
  const isOfDetails = customerId === undefined && (payment ?? shipment) !== undefined;
  const list = isOfDetails ? detailsList(payment, shipment) : ownList(customerId, status);
  const answered = isOfDetails ? [payment ?? shipment] : [status].filter((each) => each !== undefined);
  const asked = [status, payment, shipment].filter((each) => each !== undefined);
  return {
    isOfDetails,
    list,
    isExact: asked.length === answered.length,
    ...(placedBefore !== undefined && { start: { entry: `${list.prefix ?? ""}${timeEntry(placedBefore)}`, key: "" } }),
  };
}

function detailsList(payment: string | undefined, shipment: string | undefined): Walk["list"] {
  return payment === undefined
    ? { index: DETAIL_LISTS.byShipment, prefix: `${shipment} ` }
    : { index: DETAIL_LISTS.byPayment, prefix: `${payment} ` };
}

function ownList(customerId: string | undefined, status: string | undefined): Walk["list"] {
  if (customerId !== undefined && status) {
    return { index: ORDER_LISTS.byCustomerAndStatus, prefix: `${customerId} ${status} ` };
  }
  if (customerId !== undefined) return { index: ORDER_LISTS.byCustomer, prefix: `${customerId} ` };
  return status ? { index: ORDER_LISTS.byStatus, prefix: `${status} ` } : { index: ORDER_LISTS.all };
}

function isWanted({ row, details }: ListedRow, { status, payment, shipment }: SomeOrders): boolean {
  return (
    (status === undefined || parseOrderRow(row.value).order.status === status) &&
    (payment === undefined || details?.payment === payment) &&
    (shipment === undefined || details?.shipment === shipment)
  );
}

function cursorOf({ list }: Walk, key: string, placedAt: number): RowCursor {
  return { entry: `${list.prefix ?? ""}${timeEntry(placedAt)}`, key };
}
