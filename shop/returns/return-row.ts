import type { Folded } from "@daybook/data/event-store/fold";
import type { ListRows, Row, RowCursor, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Return, ReturnStatus } from "./contract.ts";
import type { OrderReturns } from "./order-returns.ts";

/** The read model "returns": one row a return, put in each unit that changes a return of its order. */
const RETURNS = "returns";

/** Lists that the rows are in; entries end with the time of the request, so that a list is by time. */
const LISTS = { all: "requested", byStatus: "status", byOrder: "order", byCustomer: "customer" } as const;

export interface ReturnRow {
  readonly return: Return;
  /** Of the order's returns. */
  readonly version: number;
}

export interface ReturnPage {
  readonly returns: readonly ReturnRow[];
  readonly next?: RowCursor;
}

export interface ListReturns {
  readonly status?: ReturnStatus | undefined;
  readonly orderId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly limit: number;
  readonly after?: RowCursor | undefined;
}

/** The effects that keep the rows of an order's returns; pure. */
export function returnRows(_: string, { state, version }: Folded<OrderReturns>): readonly Effect[] {
  return state.returns.map((one): Effect => {
    const time = String(one.requestedAt).padStart(15, "0");
    const index = {
      [LISTS.all]: [time],
      [LISTS.byStatus]: [`${one.status} ${time}`],
      [LISTS.byOrder]: [`${one.orderId} ${time}`],
      ...(one.customerId !== undefined && { [LISTS.byCustomer]: [`${one.customerId} ${time}`] }),
    };
    const value = canonical({ return: one, version });
    return { kind: "putRow", collection: RETURNS, key: one.returnId, value, index };
  });
}

export async function readReturn(store: Store, returnId: string): Promise<ReturnRow | undefined> {
  const row = await store.getRow(RETURNS, returnId);
  return row && rowOf(row);
}

/** Newest first; of one order, one customer, or in one state. */
export async function listReturns(store: Store, { limit, after, ...list }: ListReturns): Promise<ReturnPage> {
  const page = { direction: "backwards", limit, ...(after && { after }) } as const;
  const { rows, next } = await store.listRows({ ...listing(list), ...page });
  return { returns: rows.map(rowOf), ...(next && { next }) };
}

function listing({ status, orderId, customerId }: Omit<ListReturns, "limit">): Pick<ListRows, "collection" | "index" | "prefix"> {
  if (orderId !== undefined) return { collection: RETURNS, index: LISTS.byOrder, prefix: `${orderId} ` };
  if (customerId !== undefined) return { collection: RETURNS, index: LISTS.byCustomer, prefix: `${customerId} ` };
  if (status !== undefined) return { collection: RETURNS, index: LISTS.byStatus, prefix: `${status} ` };
  return { collection: RETURNS, index: LISTS.all };
}

function rowOf({ value }: Row): ReturnRow {
  return JSON.parse(value) as ReturnRow; // written by returnRows
}
