import { setTimeout } from "node:timers/promises";
import { below, type Random } from "@daybook/kernel/random";
import type { Program } from "../fulfilment/program.ts";
import { get, post, type Answer } from "../fulfilment/shop-client.ts";

/** A return as the shop shows it. */
export interface ShownReturn {
  readonly id: string;
  readonly orderId: string;
  readonly status: string;
  readonly amount: { readonly amount: string; readonly currency: string };
  readonly lines: readonly { readonly line: number; readonly productId: string; readonly quantity: number }[];
  readonly writtenOff?: readonly number[];
  readonly creditNote?: string;
}

/** A request under its key, sent again until it is answered. */
interface Request {
  readonly path: string;
  readonly key: string;
  readonly body: object;
  answer?: Answer;
}

/** What was asked of returns so far, in order. */
export type Asked = Request[];

/** One person after another sends something back, and the warehouse receives it, until the program dies. */
export async function sendingBack(
  program: Program,
  name: string,
  orders: readonly string[],
  random: Random,
  asked: Asked,
): Promise<void> {
  for (let n = 0; ; n++) {
    try {
      await oneReturn(program, `${name}-${n}`, orders[below(random, orders.length)] ?? "", random, asked);
    } catch {
      return; // cut off by the kill: whether it happened is not known
    }
  }
}

async function oneReturn(program: Program, key: string, orderId: string, random: Random, asked: Asked): Promise<void> {
  const items = [{ productId: "teapot", quantity: 1 + below(random, 2) }];
  const body = { reason: "too big", ...(below(random, 4) > 0 && { items }) };
  const answer = await send(program, { path: `/orders/${orderId}/returns`, key, body }, asked);
  if (answer.status !== 201) return;
  const { id } = JSON.parse(answer.body) as ShownReturn; // of a 201
  await setTimeout(below(random, 60));
  const isRejected = below(random, 8) === 0;
  const writtenOff = below(random, 3) === 0 ? [1] : [];
  const change = isRejected ? { verb: "reject", body: { reason: "worn" } } : { verb: "receive", body: { writtenOff } };
  await send(program, { path: `/returns/${id}/${change.verb}`, key: `${key}-${change.verb}`, body: change.body }, asked);
}

async function send(program: Program, request: Request, asked: Asked): Promise<Answer> {
  asked.push(request);
  return (request.answer = await post(program, request.path, request.key, request.body));
}

/** Sends again what has no answer, then has everything received that waits for it. */
export async function finish(program: Program, asked: Asked): Promise<void> {
  for (const request of asked) request.answer ??= await post(program, request.path, request.key, request.body);
  for (const { id, status } of await allReturns(program)) {
    if (status === "accepted") await post(program, `/returns/${id}/receive`, `finish-${id}`, {});
  }
}

export async function allReturns(program: Program): Promise<readonly ShownReturn[]> {
  const found: ShownReturn[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { returns: ShownReturn[]; next?: string } = await get(program, `/returns?limit=200${query}`);
    found.push(...page.returns);
    cursor = page.next;
  }
  return found;
}
