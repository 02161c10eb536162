import type { Projection } from "@daybook/data/cqrs/projection";
import type { EventTypes } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { subscribe, type Subscription, type SubscriptionStatus } from "@daybook/data/event-store/subscription";
import type { Log } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { Queue } from "@daybook/messaging/queue";
import type { Consumer } from "@daybook/messaging/queue/consumer";
import { jsonClient, type JsonClient } from "@daybook/network/http/json-client";
import { partner, type Partner } from "@daybook/network/http/partner";
import { partnerUnavailable } from "@daybook/network/http/errors";
import { client } from "@daybook/network/rpc/client";
import { localTransport, type LocalTransport } from "@daybook/network/rpc/server";
import { productEvents } from "@daybook/shop-catalog/events";
import { catalogService, type CatalogService } from "@daybook/shop-catalog/service";
import { customersContract, erasures } from "@daybook/shop-customers/contract";
import { customerEvents } from "@daybook/shop-customers/events";
import { customersService, type CustomersService } from "@daybook/shop-customers/service";
import { stalledRuns, startFulfilment, type FulfilmentService } from "@daybook/shop-fulfilment/service";
import { inventoryContract, reservationExpiry } from "@daybook/shop-inventory/contract";
import { stockEvents } from "@daybook/shop-inventory/events";
import { recommendations, type Recommendations } from "@daybook/shop-inventory/recommendations";
import { inventoryService, type InventoryParts, type InventoryService } from "@daybook/shop-inventory/service";
import { notificationEvents } from "@daybook/shop-notifications/events";
import {
  NOTIFICATION_QUEUES,
  NOTIFICATION_SUBSCRIPTION,
  startNotifications,
  type NotificationParts,
  type RunningNotifications,
} from "@daybook/shop-notifications/service";
import { notificationSettingsSchema, type NotificationSettings } from "@daybook/shop-notifications/settings";
import { listOrders, orderingContract, orderStatusSchema, orderWork } from "@daybook/shop-ordering/contract";
import { orderEvents } from "@daybook/shop-ordering/events";
import { orderingService, type OrderingService } from "@daybook/shop-ordering/service";
import { httpCardProvider } from "@daybook/shop-payments/http-card-provider";
import { paymentsContract } from "@daybook/shop-payments/contract";
import { accountEvents, billEvents, paymentEvents } from "@daybook/shop-payments/events";
import { PAYMENT_QUEUES, paymentsService, type PaymentsService, type PaymentsServiceParts } from "@daybook/shop-payments/service";
import { comparisonContract, questionsContract } from "@daybook/shop-questions/contract";
import { questionEvents } from "@daybook/shop-questions/events";
import { QUESTION_QUEUES, questionsService, type QuestionsService } from "@daybook/shop-questions/service";
import { returnsContract } from "@daybook/shop-returns/contract";
import { returnEvents } from "@daybook/shop-returns/events";
import { RETURN_QUEUES, returnRuns, returnsService, type ReturnsService } from "@daybook/shop-returns/service";
import { httpCarrier } from "@daybook/shop-shipping/http-carrier";
import { shippingContract } from "@daybook/shop-shipping/contract";
import { shipmentEvents } from "@daybook/shop-shipping/events";
import { SHIPPING_QUEUES, shippingService, type ShippingParts, type ShippingService } from "@daybook/shop-shipping/service";
import type { Partners } from "./partners.ts";

/** Which context owns which category of streams. */
export const OWNERS = {
  order: "ordering",
  product: "catalog",
  customer: "customers",
  stock: "inventory",
  payment: "payments",
  account: "payments",
  bills: "payments",
  shipment: "shipping",
  question: "questions",
  return: "returns",
  notification: "notifications",
  workflow: "fulfilment",
};

/** The event types of all contexts. */
export const EVENT_TYPES: EventTypes = {
  ...orderEvents,
  ...productEvents,
  ...customerEvents,
  ...stockEvents,
  ...paymentEvents,
  ...accountEvents,
  ...billEvents,
  ...shipmentEvents,
  ...questionEvents,
  ...returnEvents,
  ...notificationEvents,
};

const ORDER_PROGRESS = "order-progress";
/** Three minutes of attempts: what passes by itself has passed then. */
const PATIENT = { attemptsMax: 14 };

/** The queues of all contexts. */
export const QUEUES: readonly Queue<unknown>[] = [
  orderWork,
  reservationExpiry,
  ...PAYMENT_QUEUES,
  ...SHIPPING_QUEUES,
  ...QUESTION_QUEUES,
  ...RETURN_QUEUES,
  ...NOTIFICATION_QUEUES,
  erasures,
];

/** The subscriptions of all contexts that park an event that fails for good, and go on. */
export const SUBSCRIPTIONS: readonly string[] = [ORDER_PROGRESS, NOTIFICATION_SUBSCRIPTION];

export interface ContextsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Of leases: unique among processes, kept over restarts. */
  readonly owner: string;
  readonly searchSecret: Uint8Array;
  /** Where the keys are that sign sessions. */
  readonly sessionKeys: { readonly current: string; readonly previous: string; readonly next: string };
  readonly isReadOnly: boolean;
  readonly log: Log;
  /** Where the world outside is; without it orders are taken and not carried out. */
  readonly partners?: Partners | undefined;
  /** Stands for it, in trials. */
  readonly outside?: Outside | undefined;
  /** How long charges, parcels and reservations are waited for; as their contexts say unless given. */
  readonly waits?: Pick<PaymentsServiceParts, "askAfterMs"> &
    Pick<ShippingParts, "quietMs"> &
    Pick<InventoryParts, "reservedForMs">;
}

/** The world outside, as the contexts ask it. */
export interface Outside extends Pick<PaymentsServiceParts, "provider" | "hookSecrets">, Pick<ShippingParts, "carrier"> {
  readonly startNotifications: (parts: Omit<NotificationParts, "settings">) => RunningNotifications;
  /** Those whose state is shown. */
  readonly partners?: readonly Partner[];
  /** Lets go of connections. */
  readonly close: () => Promise<void>;
}

/** The contexts of the shop over one store, in one process. */
interface Services {
  readonly catalogue: CatalogService;
  readonly customers: CustomersService;
  readonly inventory: InventoryService;
  readonly recommendations: Recommendations;
  readonly ordering: OrderingService;
  readonly payments: PaymentsService;
  readonly shipping: ShippingService;
  readonly questions: QuestionsService;
  readonly returns: ReturnsService;
}

export interface Contexts extends Services {
  readonly projections: readonly Projection[];
  /** The partners outside, as they were met. */
  readonly partners: readonly Partner[];
  /** Starts what works by itself: orders follow other contexts; with partners, orders are carried out. */
  readonly startWork: () => Work;
  /** Lets go of the connections to partners. */
  readonly close: () => Promise<void>;
}

export interface Work {
  /** Undefined without partners. */
  readonly fulfilment: FulfilmentService | undefined;
  readonly notifications: RunningNotifications | undefined;
  readonly consumers: readonly Consumer[];
  readonly subscriptions: readonly Subscription[];
  /** Of all subscriptions. */
  statuses(): readonly SubscriptionStatus[];
  stop(): Promise<void>;
}

export const TENANT = "default";
/** Where parcels of orders without an address wait. */
const COUNTER = { lines: ["At the counter"], city: "London", country: "GB" };
/** States in which an order still needs what its customer's key opens. */
const OPEN_STATUSES = orderStatusSchema.options.filter((status) => !["delivered", "cancelled", "failed"].includes(status));

export function contexts(parts: ContextsParts): Contexts {
  const { partners, clock } = parts;
  const outside = parts.outside ?? outsideOf(partners, clock);
  const isServed = parts.outside !== undefined || partners !== undefined;
  const local = localTransport({ clock });
  const calls = callsOf(local);
  const services = servicesOf(parts, outside, local, calls);
  return {
    ...services,
    projections: projectionsOf(services),
    partners: outside.partners ?? [],
    startWork: () => startWork(parts, services, calls, isServed ? outside : undefined),
    close: () => outside.close(),
  };
}

/** The contexts, put together; they call each other by contract. */
function servicesOf(parts: ContextsParts, outside: Outside, local: LocalTransport, calls: Calls): Services {
  const { searchSecret, sessionKeys, isReadOnly, log } = parts;
  const common = commonOf(parts);
  const catalogue = catalogService(common);
  const customers = customersService({
    ...common,
    searchSecret,
    sessionKeys,
    isReadOnly,
    tenant: TENANT,
    hasOpenOrders: (customerId) => hasOpenOrders(ordering, customerId),
  });
  const ordering = orderingService({ ...common, catalogue, customers: calls.customers, searchSecret });
  const inventory = inventoryService({ ...common, catalogue });
  const questions = questionsService({ ...common, log, tenant: TENANT, sources: sourcesOf(local) });
  const payments = paymentsService({ ...common, ...outside, questions: calls.questions });
  const shipping = shippingService({ ...common, ...outside, ...calls, collectAt: COUNTER });
  const returns = returnsService({ ...common, ordering: calls.ordering });
  for (const each of [customers, ordering, inventory, payments, shipping, returns, questions]) local.add(each.calls);
  for (const each of [payments.comparison, shipping.comparison, stalledRuns(common)]) local.add(each);
  const recommended = recommendations({ ...common, catalogue });
  return { catalogue, customers, inventory, recommendations: recommended, ordering, payments, shipping, returns, questions };
}

/** Without the world outside, orders follow other contexts, and none is carried out. */
function startWork(parts: ContextsParts, services: Services, calls: Calls, outside: Outside | undefined): Work {
  const { events, clock, ids, random, owner } = parts;
  const { ordering, inventory, customers } = services;
  const progress = { events, clock, ids, owner, tuning: { gatherMs: 25 }, ...ordering.progress };
  const fulfilment = outside && startFulfilment({ ...calls, ...commonOf(parts), owner, others: returnRuns(calls) });
  const carryingOut = fulfilment ? startCarryingOut(services, fulfilment, random) : [];
  return running({
    subscriptions: [subscribe({ name: ORDER_PROGRESS, poison: "park", policy: PATIENT, ...progress })],
    consumers: [...inventory.startConsumers(random), customers.startErasures(), ...carryingOut],
    fulfilment,
    notifications: outside?.startNotifications({ ...calls, ...parts }),
  });
}

/** What asks partners, and what has returns carried out. */
function startCarryingOut(services: Services, { engine }: FulfilmentService, random: Random): readonly Consumer[] {
  const { payments, shipping, questions, returns } = services;
  const asking = [...payments.startConsumers(random), shipping.startWatch(), questions.startComparing(random)];
  return [...asking, ...returns.startConsumers(engine, random)];
}

function commonOf({ events, clock, ids, random, waits }: ContextsParts) {
  return { events, store: events.store, clock, ids, random, ...waits };
}

function projectionsOf(of: Services): readonly Projection[] {
  const { ordering, customers, payments, catalogue, recommendations } = of;
  return [ordering.search, ordering.details, customers.search, payments.ledger, catalogue.searched, recommendations.sold];
}

type Calls = ReturnType<typeof callsOf>;

/** What contexts call of each other. */
function callsOf({ transport }: LocalTransport) {
  return {
    customers: client(customersContract, transport),
    ordering: client(orderingContract, transport),
    inventory: client(inventoryContract, transport),
    payments: client(paymentsContract, transport),
    shipping: client(shippingContract, transport),
    returns: client(returnsContract, transport),
    questions: client(questionsContract, transport),
  };
}

/** Who compares what, by contract. */
function sourcesOf({ transport }: LocalTransport) {
  return {
    payments: client(comparisonContract("payments"), transport),
    shipping: client(comparisonContract("shipping"), transport),
    fulfilment: client(comparisonContract("fulfilment"), transport),
  };
}

/** The partners by their addresses; without them every request says that there are none. */
function outsideOf(partners: Partners | undefined, clock: Clock): Outside {
  const card = partner({ name: "card provider", client: clientOf(partners?.cardUrl), clock });
  const carrier = partner({ name: "Parcel Post", client: clientOf(partners?.carrierUrl), clock, hasBreaker: true });
  return {
    partners: partners ? [card, carrier] : [],
    provider: httpCardProvider(card),
    hookSecrets: partners ? [partners.webhookSecret] : [],
    carrier: httpCarrier(carrier),
    startNotifications: (parts) => startNotifications({ ...parts, settings: mailBy(partners) }),
    close: async () => void (await Promise.all([card.close(), carrier.close()])),
  };
}

function running(work: Omit<Work, "stop" | "statuses">): Work {
  return {
    ...work,
    statuses() {
      const { notifications, subscriptions } = work;
      return [...subscriptions.map((each) => each.status()), ...(notifications ? [notifications.status().subscription] : [])];
    },
    async stop() {
      const { fulfilment, notifications, consumers, subscriptions } = work;
      await Promise.all([fulfilment?.stop(), notifications?.stop()]);
      await Promise.all([...consumers, ...subscriptions].map((each) => each.stop()));
    },
  };
}

async function hasOpenOrders({ queries }: OrderingService, customerId: string): Promise<boolean> {
  const around = { context: { correlationId: customerId, actor: "sys_erasure", tenant: TENANT } };
  const pages = OPEN_STATUSES.map((status) => queries.dispatch(listOrders, { customerId, status, limit: 1 }, around));
  return (await Promise.all(pages)).some(({ orders }) => orders.length > 0);
}

function mailBy(partners: Partners | undefined): NotificationSettings {
  const from = { name: "Daybook shop", address: "shop@example.com" };
  const channels = partners ? [{ channel: "email", host: "127.0.0.1", port: partners.smtpPort, from }] : [];
  return notificationSettingsSchema.parse({ channels });
}

/** A client for a partner; without one, every request says that there is none. */
function clientOf(url: string | undefined): JsonClient {
  if (url !== undefined) return jsonClient({ url });
  return {
    request: () => Promise.reject(partnerUnavailable("this process has no partners outside")),
    close: () => Promise.resolve(),
  };
}
