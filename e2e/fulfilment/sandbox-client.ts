import assert from "node:assert/strict";
import type { Program } from "./program.ts";

export interface Charge {
  readonly id: string;
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: string;
  readonly refundedMinor: number;
}

export interface Parcel {
  readonly id: string;
  readonly reference: string;
  readonly status: string;
}

export interface JournalEntry {
  readonly partner: "card" | "carrier" | "mail" | "hook";
  readonly operation: string;
  readonly key: string | null;
  readonly outcome: string;
  readonly effect: boolean;
  readonly lost: boolean;
  readonly amountMinor: number | null;
}

export interface Summary {
  readonly keysWithMoreThanOneEffect: number;
  readonly repeated: Readonly<Record<"keys" | "charges" | "parcels" | "mails", { readonly count: number }>>;
  readonly money: readonly { readonly currency: string; readonly chargedMinor: number; readonly refundedMinor: number }[];
}

/** Lays a behaviour over the one in force. */
export async function behave({ sandbox }: Program, behaviour: object): Promise<void> {
  await sent(`${sandbox}/control/behaviour`, "PATCH", behaviour);
}

/** Moves a parcel; false when it cannot go there. */
export async function moveParcel({ sandbox }: Program, id: string, status: string): Promise<boolean> {
  const response = await request(`${sandbox}/control/carrier/parcels/${id}`, "POST", { status });
  return response.ok;
}

export async function summary({ sandbox }: Program): Promise<Summary> {
  return (await (await fetch(`${sandbox}/control/summary`)).json()) as Summary; // by the sandbox's README
}

export function charges({ sandbox }: Program): Promise<readonly Charge[]> {
  return all<Charge>(`${sandbox}/card/v1/charges`, "charges");
}

export function parcels({ sandbox }: Program): Promise<readonly Parcel[]> {
  return all<Parcel>(`${sandbox}/carrier/v1/parcels`, "parcels");
}

export function journal({ sandbox }: Program): Promise<readonly JournalEntry[]> {
  return all<JournalEntry>(`${sandbox}/control/journal`, "entries");
}

async function all<Item>(url: string, name: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: Page<Item> | undefined = await pageOf(`${url}?after=${after}&limit=1000`);
    if (!page) continue;
    items.push(...(page[name] ?? []));
    after = page.next;
  }
  return items;
}

type Page<Item> = Readonly<Record<string, Item[]>> & { readonly next: number | null };

/** Undefined when the partner is away, or its answer is lost: partners are as unkind to us as to the shop. */
async function pageOf<Item>(url: string): Promise<Page<Item> | undefined> {
  try {
    const response = await fetch(url, { headers: { connection: "close" } });
    return response.ok ? ((await response.json()) as Page<Item>) : undefined; // by the sandbox's README
  } catch {
    return undefined;
  }
}

async function sent(url: string, method: string, body: object): Promise<void> {
  const response = await request(url, method, body);
  assert.equal(response.status, 200, await response.text());
}

function request(url: string, method: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json", connection: "close" };
  return fetch(url, { method, headers, body: JSON.stringify(body) }).catch((cause: unknown) => {
    throw new assert.AssertionError({ message: `${method} ${url}: ${String(cause)}` });
  });
}
