import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { verify } from "../../cli/verify/verify.ts";
import type { Program } from "./program.ts";
import { charges, journal, parcels, summary, type Charge, type JournalEntry, type Parcel } from "./sandbox-client.ts";
import { allOrders, type ShownOrder } from "./shop-client.ts";

const ENDED = new Set(["shipped", "delivered", "cancelled", "failed"]);
const SENT = new Set(["shipped", "delivered"]);
const SETTLE_TRIES = 400;
/** The check of the verification that says whether anything is under way. */
const AT_REST = "orders at rest";

/** Waits until every order that is carried out has ended, and nothing is under way. */
export async function settled(program: Program, data: string, isMeant: (order: ShownOrder) => boolean): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const open = [...(await allOrders(program)).values()].filter((order) => isMeant(order) && !ENDED.has(order.status));
    if (open.length === 0) break;
    assert.ok(attempt < SETTLE_TRIES, `orders do not end: ${JSON.stringify(open.slice(0, 3))}`);
    await setTimeout(250);
  }
  for (let attempt = 0; ; attempt++) {
    const note = await underWay(data);
    if (note === undefined) return;
    assert.ok(attempt < SETTLE_TRIES, note);
    await setTimeout(250);
  }
}

/** What the verification says is under way; undefined for nothing. */
async function underWay(data: string): Promise<string | undefined> {
  const store = await sqliteStore({ file: join(data, "daybook.db"), readOnly: true });
  try {
    return (await verify(store)).checks.find(({ name }) => name === AT_REST)?.note;
  } finally {
    await store.close();
  }
}

/** What the world outside says, against what the shop says: each order is carried out whole, or undone whole. */
export async function judged(program: Program, kills: number): Promise<ReadonlyMap<string, ShownOrder>> {
  const orders = await allOrders(program);
  const told = await summary(program);
  assert.equal(told.keysWithMoreThanOneEffect, 0, JSON.stringify(told.repeated.keys));
  assert.equal(told.repeated.charges.count, 0, JSON.stringify(told.repeated.charges));
  assert.equal(told.repeated.parcels.count, 0, JSON.stringify(told.repeated.parcels));
  const charged = Map.groupBy(await charges(program), ({ reference }) => reference);
  const sent = Map.groupBy(await parcels(program), ({ reference }) => reference);
  for (const order of orders.values()) judgeOrder(order, charged.get(order.id) ?? [], sent.get(order.id) ?? []);
  for (const reference of [...charged.keys(), ...sent.keys()]) assert.ok(orders.has(reference), `${reference} is an order`);
  judgeMails(await journal(program), kills);
  // An order on hold is paid and not sent yet.
  const paid = [...orders.values()].filter(({ status }) => SENT.has(status) || status === "confirmed");
  const worth = paid.reduce((sum, order) => sum + minorOf(order), 0);
  const kept = told.money.reduce((sum, { chargedMinor, refundedMinor }) => sum + chargedMinor - refundedMinor, 0);
  assert.equal(kept, worth, "what was charged and not given back is what was sent");
  return orders;
}

function judgeOrder(order: ShownOrder, charged: readonly Charge[], sent: readonly Parcel[]): void {
  const about = `${JSON.stringify(order)} ${JSON.stringify(charged)} ${JSON.stringify(sent)}`;
  const kept = charged.filter(({ status, refundedMinor, amountMinor }) => isCharged(status) && refundedMinor < amountMinor);
  const standing = sent.filter(({ status }) => status !== "cancelled");
  const isSent = SENT.has(order.status);
  if (!ENDED.has(order.status)) return; // never said how it is paid, or on hold
  assert.deepEqual([kept.length, standing.length], isSent ? [1, 1] : [0, 0], about);
  if (isSent) assert.deepEqual([kept[0]?.amountMinor, kept[0]?.refundedMinor], [minorOf(order), 0], about);
}

function isCharged(status: string): boolean {
  return status === "pending" || status === "succeeded" || status === "disputed";
}

/** A mail is sent again only when it is not known whether it was accepted: after a kill, or when the answer was lost. */
function judgeMails(entries: readonly JournalEntry[], kills: number): void {
  const accepted = Map.groupBy(
    entries.filter(({ partner, effect, key }) => partner === "mail" && effect && key !== null),
    ({ key }) => key,
  );
  for (const [messageId, each] of accepted) {
    const lost = each.filter((entry) => entry.lost).length;
    assert.ok(each.length <= 1 + kills + lost, `${String(messageId)} was accepted ${each.length} times`);
  }
}

function minorOf({ total }: ShownOrder): number {
  return Math.round(Number(total.amount) * 100);
}
