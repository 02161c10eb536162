import { isDeepStrictEqual } from "node:util";
import { accept, refuse, type Decider, type Decision, type Refusal } from "@daybook/data/cqrs/decider";
import { stateMachine } from "@daybook/kernel/state-machine";
import type { ReturnableOrder } from "@daybook/shop-ordering/contract";
import { sumOf } from "./amounts.ts";
import { chosenLines } from "./chosen-lines.ts";
import type { RequestReturn, Return, ReturnStatus } from "./contract.ts";
import { RETURN_CATEGORY, type ReturnEvent, type ReturnRequested } from "./events.ts";
import { judged, type ReturnRules } from "./rules.ts";

export type ReturnAction = "accept" | "reject" | "receive" | "complete";

/** What may become of a return that was asked for. */
export const returnStates = stateMachine<ReturnStatus, ReturnAction>("requested", {
  requested: { accept: "accepted", reject: "rejected" },
  accepted: { reject: "rejected", receive: "received" },
  received: { complete: "completed" },
  rejected: {},
  completed: {},
});

/** The returns of one order, in the order in which they were asked for. */
export interface OrderReturns {
  readonly returns: readonly Return[];
}

export type ReturnChange =
  | { readonly type: "accept" }
  | { readonly type: "reject"; readonly reason: string }
  | { readonly type: "receive"; readonly writtenOff: readonly number[] }
  | { readonly type: "complete"; readonly creditNote?: string | undefined };

export type ReturnCommand =
  | {
      readonly type: "request";
      readonly returnId: string;
      readonly asked: RequestReturn;
      /** Undefined when there is none that may be seen. */
      readonly order: ReturnableOrder | undefined;
      readonly rules: ReturnRules;
    }
  | (ReturnChange & { readonly returnId: string });

type Request = ReturnCommand & { type: "request" };

/** Never more than was bought comes back of an order, and never more than was charged is given back. */
export const returnsDecider: Decider<OrderReturns, ReturnCommand, ReturnEvent> = {
  category: RETURN_CATEGORY,
  version: 1,
  initial: { returns: [] },
  decide: (command, state, at) => (command.type === "request" ? request(command, state, at) : change(command, state)),
  evolve,
};

export function returnOf({ returns }: OrderReturns, returnId: string): Return | undefined {
  return returns.find((each) => each.returnId === returnId);
}

function request({ returnId, asked, order, rules }: Request, state: OrderReturns, at: number): Decision<ReturnEvent> {
  if (!order) return refuse("order-not-found", "There is no such order.");
  const known = returnOf(state, returnId);
  if (known) return isSame(known, asked) ? accept() : refuse("return-exists", "Another return was asked for under this key.");
  if (order.status !== "shipped" && order.status !== "delivered") {
    return refuse("order-not-sent", `An order that is ${order.status} has nothing to return.`, { status: order.status });
  }
  const chosen = chosenLines(order, state.returns, asked.items);
  if ("refusal" in chosen) return chosen;
  const { lines } = chosen;
  const amount = sumOf(lines, order.currency);
  const returnedAt = asked.returnedAt ?? at;
  const products = lines.map(({ productId }) => productId);
  const isImported = asked.origin !== undefined;
  const judgement = judged(rules, { isImported, placedAt: order.placedAt, returnedAt, amount, products });
  if (judgement.decision === "refuse") return refuse("return-refused", judgement.because);
  const question = judgement.decision === "ask" && !asked.received ? { question: judgement.because } : {};
  const { orderId, reason, origin } = asked;
  const { customerId } = order;
  const data = { returnId, orderId, customerId, lines, amount, reason, requestedAt: returnedAt, origin, ...question };
  return begun(data, asked, judgement.decision === "accept");
}

/** What is told of afterwards has its time on each event. */
function begun(data: ReturnRequested, { received, returnedAt }: RequestReturn, isAccepted: boolean): Decision<ReturnEvent> {
  const { returnId, lines } = data;
  if (received && !areIn(received.writtenOff, lines)) return notReturned();
  const when = returnedAt === undefined ? {} : { occurredAt: returnedAt };
  const writtenOff = received?.writtenOff ?? [];
  return accept<ReturnEvent>(
    { type: "ReturnRequested", data, ...when },
    ...(isAccepted || received ? [{ type: "ReturnAccepted", data: { returnId }, ...when } as const] : []),
    ...(received ? [{ type: "ReturnReceived", data: { returnId, writtenOff }, ...when } as const] : []),
  );
}

/** Asked again: what it was asked for may have been written in another way, but not for other pieces. */
function isSame({ lines, reason, requestedAt, origin }: Return, asked: RequestReturn): boolean {
  const pieces = new Map<string, number>();
  for (const { productId, quantity } of lines) pieces.set(productId, (pieces.get(productId) ?? 0) + quantity);
  for (const { productId, quantity } of asked.items ?? []) pieces.set(productId, (pieces.get(productId) ?? 0) - quantity);
  const isSameTime = asked.returnedAt === undefined || asked.returnedAt === requestedAt;
  const areSamePieces = asked.items === undefined || [...pieces.values()].every((count) => count === 0);
  return areSamePieces && isSameTime && asked.reason === reason && isDeepStrictEqual(asked.origin, origin);
}

function change(command: Exclude<ReturnCommand, Request>, state: OrderReturns): Decision<ReturnEvent> {
  const { returnId, type } = command;
  const known = returnOf(state, returnId);
  if (!known) return notFound();
  const next = returnStates.next(known.status, type);
  if (!next) return isLate(command, known) ? accept() : illegal(type, known.status);
  switch (command.type) {
    case "accept":
      return accept({ type: "ReturnAccepted", data: { returnId } });
    case "reject":
      return accept({ type: "ReturnRejected", data: { returnId, reason: command.reason } });
    case "receive": {
      if (!areIn(command.writtenOff, known.lines)) return notReturned();
      return accept({ type: "ReturnReceived", data: { returnId, writtenOff: [...command.writtenOff] } });
    }
    case "complete": {
      const { orderId, amount } = known;
      const lines = known.lines.map(({ line, quantity }) => ({ line, quantity }));
      return accept({ type: "ReturnCompleted", data: { returnId, orderId, lines, amount, creditNote: command.creditNote } });
    }
  }
}

export function notFound(): { readonly refusal: Refusal } {
  return refuse("return-not-found", "There is no such return.");
}

/** Said before, with the same outcome. */
function isLate(command: ReturnChange, { status, rejection, writtenOff }: Return): boolean {
  switch (command.type) {
    case "accept":
      return status === "accepted" || status === "received" || status === "completed";
    case "reject":
      return rejection?.reason === command.reason;
    case "receive":
      return isDeepStrictEqual(writtenOff, command.writtenOff);
    case "complete":
      return status === "completed";
  }
}

function illegal(action: ReturnAction, status: ReturnStatus): Decision<ReturnEvent> {
  const legal = returnStates.legal(status);
  return refuse("illegal-transition", `A return that is ${status} cannot be changed by "${action}".`, { status, legal });
}

function areIn(numbers: readonly number[], lines: Return["lines"]): boolean {
  return numbers.every((number) => lines.some(({ line }) => line === number));
}

function notReturned(): { readonly refusal: Refusal } {
  return refuse("line-not-returned", "What is written off is a line of the return.");
}

function evolve({ returns }: OrderReturns, event: ReturnEvent): OrderReturns {
  if (event.type === "ReturnRequested") return { returns: [...returns, { ...event.data, status: "requested" }] };
  const { returnId } = event.data;
  return { returns: returns.map((each) => (each.returnId === returnId ? evolved(each, event) : each)) };
}

function evolved(before: Return, event: Exclude<ReturnEvent, { type: "ReturnRequested" }>): Return {
  switch (event.type) {
    case "ReturnAccepted":
      return { ...before, status: "accepted" };
    case "ReturnRejected":
      return { ...before, status: "rejected", rejection: { reason: event.data.reason } };
    case "ReturnReceived":
      return { ...before, status: "received", writtenOff: event.data.writtenOff };
    case "ReturnCompleted": {
      const { creditNote } = event.data;
      return { ...before, status: "completed", ...(creditNote !== undefined && { creditNote }) };
    }
  }
}
