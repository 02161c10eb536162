import { sleep } from "@daybook/kernel/clock";
import type { StoreReads } from "@daybook/data/store";
import type { ReturnChange } from "../../shop/returns/order-returns.ts";
import { ask, type ClientParts } from "./client.ts";
import { QUEUES } from "./fulfilment-checker.ts";

const LOOK_MS = 1_000;
/** Of orders whose work may be held up. */
const OPEN = ["placed", "reserved", "paid", "confirmed"];

interface RowOfOrder {
  readonly order: { readonly status: string; readonly hold?: object; readonly payment?: object };
}

/** Releases what is on hold and receives what is sent back, as people would, until nothing is left to be done. */
export async function workEnds(parts: ClientParts): Promise<void> {
  /** Heads of the log at which nothing was on hold, and no return awaited a person. */
  const free = new Set<number>();
  for (let hasEnded = false; !hasEnded;) {
    await sleep(parts.world.clock, LOOK_MS);
    hasEnded = parts.site.isDrained() && (await isAllDone(parts, free).catch(() => false));
  }
}

/** What follows the log may still send messages: it has been looked at, and nothing may have come since. */
async function isAllDone(parts: ClientParts, free: Set<number>): Promise<boolean> {
  const { site } = parts;
  const { head } = site.journal;
  const { store } = await site.process();
  if (!free.has(head)) {
    const held = await heldOrders(store);
    for (const orderId of held) await ask(parts, "operator", { kind: "release", input: { orderId } });
    const awaited = await awaitedReturns(store);
    for (const { returnId, change } of awaited) await ask(parts, "operator", { kind: "decide", returnId, change });
    if (held.length + awaited.length > 0) return false;
    free.add(head);
  }
  return site.isDrained() && (await isWorkedOff(store)) && site.journal.head === head;
}

async function heldOrders(store: StoreReads): Promise<readonly string[]> {
  const { rows } = await store.listRows({ collection: "orders" });
  return rows.flatMap(({ key, value }) => {
    const { status, hold, payment } = (JSON.parse(value) as RowOfOrder).order; // as it is documented
    return hold && payment && OPEN.includes(status) ? [key] : [];
  });
}

/** What people are waited for. */
const DECISIONS: Readonly<Record<string, ReturnChange>> = {
  requested: { type: "accept" },
  accepted: { type: "receive", writtenOff: [] },
};

async function awaitedReturns(store: StoreReads) {
  const { rows } = await store.listRows({ collection: "returns" });
  return rows.flatMap(({ key: returnId, value }) => {
    const change = DECISIONS[(JSON.parse(value) as { return: { status: string } }).return.status]; // as it is documented
    return change ? [{ returnId, change }] : [];
  });
}

async function isWorkedOff(store: StoreReads): Promise<boolean> {
  for (const queue of QUEUES) if ((await store.listDue(queue, Infinity, { limit: 1 })).length > 0) return false;
  const { rows } = await store.listRows({ collection: "workflow" });
  return rows.every(({ value }) => ENDED.includes((JSON.parse(value) as { status: string }).status)); // as it is documented
}

const ENDED = ["completed", "compensated", "cancelled", "failed", "terminated"];
