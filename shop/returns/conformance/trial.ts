import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import type { Clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Answer } from "@daybook/network/rpc/contract";
import type { ReturnableOrder } from "@daybook/shop-ordering/contract";
import { returnEvents } from "../events.ts";
import type { ReturnRules } from "../rules.ts";
import { returnsService, type ReturnsService } from "../service.ts";

export const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };
const OWNERS = { return: "returns" };

/** Three mugs of 10.00 together, two pots of 5.00 each, sent to a customer. */
export function orderOf(more: Partial<ReturnableOrder> = {}): ReturnableOrder {
  return {
    orderId: "ord_1",
    status: "shipped",
    customerId: "cus_1",
    currency: "GBP",
    lines: [
      { productId: "mug", quantity: 3, amount: money(1_000n, "GBP") },
      { productId: "pot", quantity: 2, amount: money(1_000n, "GBP") },
    ],
    total: money(2_000n, "GBP"),
    placedAt: 0,
    ...more,
  };
}

export function codeOf(answer: Answer<unknown>): string {
  return "refusal" in answer ? answer.refusal.code : "done";
}

export interface TrialReturnsOptions {
  readonly store?: Store;
  readonly clock?: Clock;
  readonly rules?: ReturnRules;
  readonly seed?: number;
}

/** Returns of orders that are given, over one store; `open` is another process with nothing warm. */
export function trialReturns(options: TrialReturnsOptions = {}) {
  const clock = virtualClock();
  const { store = memoryStore({ clock, owners: OWNERS }), rules, seed = 1 } = options;
  const events = eventStore(store, returnEvents, memoryKeys());
  const ids = idSource(options.clock ?? clock, seededRandom(seed));
  const orders = new Map([["ord_1", orderOf({ placedAt: clock.now() })]]);
  const ordering = { forReturn: async ({ orderId }: { orderId: string }) => ({ value: orders.get(orderId) ?? null }) };
  const parts = { events, store, clock: options.clock ?? clock, ids, ordering, ...(rules && { rules }) };
  const open = (): ReturnsService => returnsService(parts);
  const service = open();
  return { clock, store, events, ids, orders, open, service, returns: service.operations };
}
