import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { aggregates } from "@daybook/data/cqrs/aggregates";
import type { Executed } from "@daybook/data/cqrs/aggregates";
import { refuse } from "@daybook/data/cqrs/decider";
import type { Operation } from "@daybook/data/cqrs/handlers";
import { eventStore } from "@daybook/data/event-store/event-store";
import { subscribe } from "@daybook/data/event-store/subscription";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { client } from "@daybook/network/rpc/client";
import { valueOf, type Operable } from "@daybook/network/rpc/contract";
import { localTransport, service } from "@daybook/network/rpc/server";
import { inventoryContract } from "@daybook/shop-inventory/contract";
import { stockEvents } from "@daybook/shop-inventory/events";
import { inventoryService } from "@daybook/shop-inventory/service";
import { orderingContract, placeOrder, type Execution, type PlacedOrRefused } from "@daybook/shop-ordering/contract";
import { orderEvents } from "@daybook/shop-ordering/events";
import { orderingService } from "@daybook/shop-ordering/service";
import { paymentsContract } from "@daybook/shop-payments/contract";
import { accountEvents, billEvents, paymentEvents } from "@daybook/shop-payments/events";
import { returnsContract } from "@daybook/shop-returns/contract";
import { returnEvents } from "@daybook/shop-returns/events";
import { returnRuns, returnsService } from "@daybook/shop-returns/service";
import { shippingContract } from "@daybook/shop-shipping/contract";
import type { Asking } from "@daybook/shop-questions/contract";
import type { Clock } from "@daybook/kernel/clock";
import type { CardProvider } from "../../shop/payments/card-provider.ts";
import { accountDecider } from "../../shop/payments/account.ts";
import { Payments } from "../../shop/payments/payments.ts";
import { TrialProvider } from "../../shop/payments/conformance/trial.ts";
import { fulfilmentId } from "@daybook/shop-fulfilment/contract";
import { startFulfilment, type FulfilmentService } from "@daybook/shop-fulfilment/service";

type Shipping = Operable<(typeof shippingContract)["operations"]>;

/** A carrier in memory; each effect is counted by order. */
class TrialShipping {
  readonly created = new Set<string>();
  readonly cancelled = new Set<string>();
  readonly handedOver = new Set<string>();
  isRefusing = false;

  operations(): Shipping {
    return {
      create: async ({ orderId }) => {
        if (this.isRefusing) return refuse("shipment-refused", "Nobody goes there.");
        if (this.cancelled.has(orderId)) return refuse("shipment-cancelled", "It was cancelled.");
        this.created.add(orderId);
        return { value: { shipmentId: `shp_${orderId}`, carrier: "Post", trackingNumber: "T1" } };
      },
      cancel: async ({ orderId }) => {
        if (this.handedOver.has(orderId)) return refuse("shipment-under-way", "It has left.");
        this.cancelled.add(orderId);
        return { value: {} };
      },
      handOver: async ({ orderId }) => {
        if (!this.created.has(orderId) || this.cancelled.has(orderId)) return refuse("shipment-missing", "There is none.");
        this.handedOver.add(orderId);
        return { value: {} };
      },
    };
  }
}

const OWNERS = {
  order: "ordering",
  stock: "inventory",
  payment: "payments",
  account: "payments",
  bills: "payments",
  return: "returns",
  workflow: "fulfilment",
};
const PRODUCTS = ["mug", "pot"];
const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

const TYPES = { ...orderEvents, ...stockEvents, ...paymentEvents, ...accountEvents, ...billEvents, ...returnEvents };

/** The world of one trial: what outlives its processes. */
function world() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: OWNERS });
  const events = eventStore(store, TYPES, memoryKeys());
  return {
    clock,
    store,
    events,
    ids: idSource(clock, seededRandom(1)),
    provider: new TrialProvider(),
    carrier: new TrialShipping(),
    asked: new Array<Parameters<Asking["ask"]>[0]>(),
  };
}

type World = Omit<ReturnType<typeof world>, "provider"> & { readonly provider: CardProvider };

/** A process: everything but the store and the world outside is its own. */
function open({ clock, store, events, ids, provider, carrier, asked }: World) {
  const common = { events, store, clock, ids };
  const catalogue = { product: async (productId: string) => productOf(productId), products: async () => [] };
  const ordering = orderingService({ ...common, catalogue, searchSecret: new Uint8Array(32) });
  const inventory = inventoryService({ ...common, catalogue });
  const accounts = aggregates({ ...common, decider: accountDecider });
  const payments = new Payments({ ...common, provider, accounts });
  const local = localTransport({ clock });
  const returns = returnsService({ ...common, ordering: client(orderingContract, local.transport) });
  for (const each of [ordering.calls, inventory.calls, service(paymentsContract, payments), returns.calls]) local.add(each);
  local.add(service(shippingContract, carrier.operations()));
  const questions: Asking = {
    ask: async (question) => {
      asked.push(question);
      return { value: { questionId: `qst_${asked.length}` } };
    },
  };
  const partners = {
    ordering: client(orderingContract, local.transport),
    inventory: client(inventoryContract, local.transport),
    payments: client(paymentsContract, local.transport),
    shipping: client(shippingContract, local.transport),
    questions,
    returns: client(returnsContract, local.transport),
  };
  const random = seededRandom(3);
  const start = (): FulfilmentService =>
    startFulfilment({ ...partners, store, clock, ids, random, owner: "embedded", others: returnRuns(partners) });
  /** What has returns carried out, and orders learn of it. */
  function startReturns({ engine }: FulfilmentService) {
    const consumers = returns.startConsumers(engine, random);
    const following = subscribe({ name: "order-progress", events, clock, ids, owner: "embedded", ...ordering.progress });
    return { stop: async () => void (await Promise.all([...consumers, following].map((each) => each.stop()))) };
  }
  return { ordering, inventory, payments, accounts, returns, partners, start, startReturns };
}

function productOf(productId: string) {
  return PRODUCTS.includes(productId) ? { productId, name: productId, price: money(1_000n, "GBP") } : undefined;
}

/** Ordering, inventory, payments and fulfilment over one store in memory, with a provider (or `cards`) and a carrier that are played. */
export async function trialFulfilment(pieces = 10, cards?: (clock: Clock) => CardProvider) {
  const around = world();
  const { clock } = around;
  const asked = { ...around, ...(cards && { provider: cards(clock) }) };
  const first = open(asked);
  for (const product of PRODUCTS) await first.inventory.receive(product, pieces, context);

  /** Lets everything happen, with the clock going on, until `isDone`. */
  async function until(isDone: () => Promise<boolean>, stepMs = 5): Promise<void> {
    for (let turn = 0; !(await isDone()); turn++) {
      assert.ok(turn < 20_000, "nothing happens any more");
      await setImmediate();
      if (turn % 4 === 3) clock.advance(stepMs);
    }
  }

  async function outcomeOf<Input>(operation: Operation<Input>, input: unknown): Promise<PlacedOrRefused> {
    const execution: Execution<PlacedOrRefused> = { context, render: (outcome) => outcome };
    const executed = (await first.ordering.commands.dispatch(operation, input, execution)) as Executed<PlacedOrRefused>; // by render above
    assert.ok(executed.kind === "answered");
    return executed.answer;
  }

  async function place(token = "tok_ok", quantity = 1): Promise<string> {
    const items = [{ productId: "mug", quantity }];
    const outcome = await outcomeOf(placeOrder, { items, payment: { kind: "card", token } });
    assert.ok(outcome.kind === "done" && outcome.state.status !== "absent");
    return outcome.state.orderId;
  }

  return {
    ...around,
    open: () => open(asked),
    until,
    place,
    outcomeOf,
    context,
    ...first,
    orderStatus: async (orderId: string) =>
      valueOf(await first.partners.ordering.forFulfilment({ orderId }, { context }))?.status,
    stockOf: async (productId: string) => valueOf(await first.partners.inventory.stock({ productId }, { context })),
    isOver: async (service: FulfilmentService, orderId: string) => {
      const run = await service.engine.get(fulfilmentId(orderId));
      return run !== undefined && ["completed", "compensated", "failed", "cancelled"].includes(run.status);
    },
  };
}
