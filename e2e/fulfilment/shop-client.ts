import { AssertionError } from "node:assert/strict";
import type { Program } from "./program.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface ShownOrder {
  readonly id: string;
  readonly status: string;
  readonly total: { readonly amount: string; readonly currency: string };
  readonly failure?: { readonly code: string };
}

/** Posts to the shop under an idempotency key; rejects when the program dies before it has answered. */
export async function post({ url, token }: Program, path: string, key: string, body: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key };
  const response = await fetch(`${url}/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.text() };
}

export async function get<Body>({ url, token }: Program, path: string): Promise<Body> {
  const at = `${url}/api/v1${path}`;
  const response = await fetch(at, { headers: { authorization: `Bearer ${token}` } }).catch((cause: unknown) => {
    throw new AssertionError({ message: `GET ${at}: ${String(cause)}` });
  });
  return (await response.json()) as Body; // by the shop's OpenAPI
}

/** All orders of the shop, by id. */
export async function allOrders(program: Program): Promise<ReadonlyMap<string, ShownOrder>> {
  const found = new Map<string, ShownOrder>();
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { orders: ShownOrder[]; next?: string } = await get(program, `/orders?limit=200${query}`);
    for (const order of page.orders) found.set(order.id, order);
    cursor = page.next;
  }
  return found;
}
