import { setTimeout } from "node:timers/promises";
import { below, pick, type Random } from "@daybook/kernel/random";
import type { Program } from "./program.ts";
import { post, type Answer } from "./shop-client.ts";

/** What an order is meant to meet on its way. */
export const FATES = [
  "ok",
  "ok",
  "ok",
  "declined",
  "pending",
  "pending-declined",
  "short",
  "cancelled",
  "cancelled",
  "cancelled",
  "held",
  "held-cancelled",
  "carrier-refuses",
] as const;
export type Fate = (typeof FATES)[number];

/** A request, and the answer once there is one: what was cut off is sent again under its key. */
export interface Request {
  readonly path: string;
  readonly key: string;
  readonly body: object;
  answer?: Answer;
}

export interface SentOrder {
  readonly fate: Fate;
  readonly placing: Request;
  /** What was asked of it later, in order. */
  readonly changes: Request[];
}

/** Of which there are few pieces. */
export const SCARCE = "last-pieces";

const TOKENS: Partial<Record<Fate, string>> = {
  declined: "tok_declined",
  pending: "tok_pending",
  "pending-declined": "tok_pending_declined",
};
const PRODUCTS = ["teapot", "clock", "candle", "mug-blue", "cushion"];

/** One buyer after another until the program dies. What is sent, with its answers, goes to `sent`. */
export async function buyer(program: Program, name: string, random: Random, sent: SentOrder[]): Promise<void> {
  for (let n = 0; ; n++) {
    try {
      await oneOrder(program, `${name}-${n}`, random, sent);
    } catch {
      return; // cut off by the kill: whether it happened is not known
    }
  }
}

async function oneOrder(program: Program, key: string, random: Random, sent: SentOrder[]): Promise<void> {
  const fate = pick(random, FATES);
  const order: SentOrder = { fate, placing: { path: "/orders", key, body: orderOf(fate, key, random) }, changes: [] };
  sent.push(order);
  await send(program, order.placing);
  const path = `/orders/${idOf(order) ?? ""}`;
  const ask = (verb: string, body: object) => {
    const change: Request = { path: `${path}/${verb}`, key: `${key}-${verb}`, body };
    order.changes.push(change);
    return send(program, change);
  };
  if (fate === "cancelled") {
    await setTimeout(below(random, 300)); // at any step
    await ask("cancel", { reason: "changed my mind" });
  }
  if (fate === "held" || fate === "held-cancelled") {
    await ask("hold", { reason: "to be looked at" });
    await ask("payment", { kind: "card", token: "tok_ok" });
    await setTimeout(below(random, 300));
    await (fate === "held" ? ask("release", {}) : ask("cancel", { reason: "looked at" }));
  }
}

/** Sends again what has no answer, and what the order's fate still asks for. */
export async function finish(program: Program, order: SentOrder): Promise<void> {
  const { fate, placing, changes } = order;
  if (!placing.answer) await send(program, placing);
  for (const change of changes) if (!change.answer) await send(program, change);
  if (fate !== "held" && fate !== "held-cancelled") return;
  const path = `/orders/${idOf(order) ?? ""}`;
  const asked = new Set(changes.map((change) => change.path));
  for (const [verb, body] of [
    ["payment", { kind: "card", token: "tok_ok" }],
    ["release", {}],
  ] as const) {
    const change: Request = { path: `${path}/${verb}`, key: `${placing.key}-${verb}`, body };
    if (asked.has(change.path) || asked.has(`${path}/cancel`)) continue;
    changes.push(change);
    await send(program, change);
  }
}

/** The order's id; undefined while there is no answer, or it was refused. */
export function idOf({ placing: { answer } }: SentOrder): string | undefined {
  return answer?.status === 201 ? (JSON.parse(answer.body) as { id: string }).id : undefined; // of a 201
}

async function send(program: Program, request: Request): Promise<void> {
  request.answer = await post(program, request.path, request.key, request.body);
}

function orderOf(fate: Fate, key: string, random: Random): object {
  const isScarce = fate === "short";
  const items = isScarce ? [{ productId: SCARCE, quantity: 2 }] : itemsOf(random);
  const country = fate === "carrier-refuses" ? "Atlantis" : "United Kingdom";
  const address = { street: "1 Analytical Row", city: "London", postalCode: "W1", country };
  const contact = { firstName: "Ada", lastName: "Sample", email: `${key}@example.com`, address };
  const payment = { kind: "card", token: TOKENS[fate] ?? "tok_ok" };
  const isHeld = fate === "held" || fate === "held-cancelled";
  return { items, contact, ...(!isHeld && { payment }) };
}

function itemsOf(random: Random): readonly object[] {
  const first = below(random, PRODUCTS.length);
  const count = 1 + below(random, 2);
  return Array.from({ length: count }, (_, n) => ({
    productId: PRODUCTS[(first + n) % PRODUCTS.length],
    quantity: 1 + below(random, 3),
  }));
}
