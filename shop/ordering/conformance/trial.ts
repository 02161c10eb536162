import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { Operation } from "@daybook/data/cqrs/handlers";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore, type EventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock, type VirtualClock } from "@daybook/kernel/virtual-clock";
import type { Catalogue, Product } from "@daybook/shop-catalog/contract";
import { customerEvents } from "@daybook/shop-customers/events";
import { paymentEvents } from "@daybook/shop-payments/events";
import { shipmentEvents } from "@daybook/shop-shipping/events";
import { placeOrder, type Execution, type PlacedOrRefused, type PlaceOrder } from "../contract.ts";
import { orderEvents, type Line, type OrderPlaced } from "../events.ts";
import { orderingService, type OrderingService } from "../service.ts";

/** Orders in memory on a virtual clock. */
export interface TrialOrders {
  readonly store: Store;
  readonly events: EventStore;
  readonly clock: VirtualClock;
  readonly service: OrderingService;
  /** Another process on the same store, with nothing warm. */
  readonly another: () => OrderingService;
  /** Places an order a millisecond later than the one before; answers its id. */
  readonly place: (input?: Partial<PlaceOrder>) => Promise<string>;
  /** Records what another context says of an order. */
  readonly record: (
    orderId: string,
    type: keyof typeof paymentEvents | keyof typeof shipmentEvents,
    more?: object,
  ) => Promise<void>;
  /** Runs the projections until they have seen everything, and stops them. */
  readonly project: () => Promise<void>;
}

export const PRODUCTS: readonly Product[] = [
  { productId: "mug", name: "Mug", price: money(850n, "GBP") },
  { productId: "pot", name: "Pot", price: money(3_400n, "GBP") },
  { productId: "vase", name: "Vase", price: money(1_200n, "EUR") },
  { productId: "bowl", name: "Bowl", price: money(900n, "JPY") },
];

export function catalogueOf(products: readonly Product[]): Catalogue {
  return {
    product: async (productId) => products.find((product) => product.productId === productId),
    products: async ({ limit }) => products.slice(0, limit),
  };
}

/** What the command answered in trials: its outcome as it is. */
export function execution(more: Partial<Execution<PlacedOrRefused>> = {}): Execution<PlacedOrRefused> {
  return { context: { correlationId: "cor_1", actor: "usr_1", tenant: "shop" }, render: (outcome) => outcome, ...more };
}

/** Runs a command and answers its outcome. */
export async function outcomeOf<Input>(
  service: OrderingService,
  operation: Operation<Input>,
  input: unknown,
  more: Partial<Execution<PlacedOrRefused>> = {},
): Promise<PlacedOrRefused> {
  const executed = (await service.commands.dispatch(operation, input, execution(more))) as Executed<PlacedOrRefused>;
  assert.equal(executed.kind, "answered");
  assert.ok(executed.kind === "answered");
  return executed.answer;
}

/** What a command was refused with; "done" when it was not. */
export function codeOf(outcome: PlacedOrRefused): string {
  return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
}

export function trialOrders(products = PRODUCTS): TrialOrders {
  const clock = virtualClock();
  const store = memoryStore({
    clock,
    owners: { order: "ordering", stock: "inventory", payment: "payments", shipment: "shipping", customer: "customers" },
  });
  const events = eventStore(store, { ...orderEvents, ...customerEvents, ...paymentEvents, ...shipmentEvents }, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  const parts = { events, clock, ids, catalogue: catalogueOf(products), searchSecret: new Uint8Array(32) };
  const service = orderingService(parts);
  return {
    store,
    events,
    clock,
    service,
    another: () => orderingService(parts),
    async place(input = {}) {
      clock.advance(1);
      const outcome = await outcomeOf(service, placeOrder, { items: [{ productId: "mug", quantity: 1 }], ...input });
      assert.ok(outcome.kind === "done" && outcome.state.status !== "absent", codeOf(outcome));
      return outcome.state.orderId;
    },
    async record(orderId, type, more = {}) {
      const isPayment = type in paymentEvents;
      const about = isPayment ? { orderId, paymentId: `pay_${orderId}` } : { orderId, shipmentId: `shp_${orderId}` };
      const stream = `${isPayment ? "payment" : "shipment"}-${orderId}`;
      const context = { correlationId: orderId, actor: "sys_1", tenant: "shop" };
      await events.append({ unitId: ids("unt"), stream, events: [{ type, data: { ...about, ...more } }], context });
    },
    async project() {
      const host = { events, clock, ids, owner: "prc_1" };
      const running = [runProjection(service.search, host), runProjection(service.details, host)];
      const { position } = await store.head();
      const reached = async () => {
        const both = [service.search, service.details].map((each) => waitFor(store, each, position, 0, clock));
        return (await Promise.all(both)).every(({ isReached }) => isReached);
      };
      for (let turn = 0; !(await reached()); turn++) {
        assert.ok(turn < 10_000, "the projections stand still");
        await setImmediate();
        if (turn % 8 === 7) clock.advance(1);
      }
      await Promise.all(running.map((each) => each.stop()));
    },
  };
}

/** A line of whole pieces at 8.50 GBP. */
export function mugs(quantity: number): Line {
  return { productId: "mug", name: "Mug", quantity, unitPrice: "8.50", amount: money(850n * BigInt(quantity), "GBP") };
}

/** An order of two mugs, as it is placed. */
export function orderOf(more: Partial<OrderPlaced> = {}): OrderPlaced {
  return {
    orderId: "ord_1",
    customer: { id: "cus_1" },
    currency: "GBP",
    lines: [mugs(2)],
    adjustments: [],
    total: money(1_700n, "GBP"),
    placedAt: 1_000,
    ...more,
  };
}
