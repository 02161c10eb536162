import { join } from "node:path";
import type { Store } from "@daybook/data/store";
import { makeDataFolder } from "@daybook/data/store/sqlite/data-lock";
import type { Part } from "@daybook/foundation/host";
import type { Log } from "@daybook/foundation/log";
import { loopDelayMeter, type LoopDelayMeter } from "@daybook/foundation/loop-delay";
import { systemRandom } from "@daybook/kernel/random";
import { httpServer, type HttpServer } from "@daybook/network/http";
import { healthRoutes, type HealthCheck } from "@daybook/network/http/health";
import { openApiRoute } from "@daybook/network/http/openapi";
import { partnerCheck } from "@daybook/network/http/partner";
import { principalsOf, tokenDigest, tokenPrincipals, type Principal } from "@daybook/network/http/principals";
import type { Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { workflowClient } from "@daybook/workflow/client";
import { ANSWER_MS, TASK_QUEUE, WORKFLOWS } from "@daybook/shop-fulfilment/service";
import { catalogRoutes, PRODUCT_STATUSES } from "@daybook/shop-catalog/http";
import { CUSTOMER_STATUSES, customerRoutes } from "@daybook/shop-customers/http";
import { STOCK_STATUSES, stockRoutes } from "@daybook/shop-inventory/http";
import { recommendationCheck, recommendationRoutes } from "@daybook/shop-inventory/recommendations/routes";
import { ORDER_STATUSES, orderRoutes } from "@daybook/shop-ordering/http";
import { PAYMENT_STATUSES, paymentRoutes } from "@daybook/shop-payments/http";
import { QUESTION_STATUSES, questionRoutes } from "@daybook/shop-questions/http";
import { RETURN_STATUSES, returnRoutes } from "@daybook/shop-returns/http";
import { RETURN_WORKFLOWS } from "@daybook/shop-returns/service";
import { SHIPPING_STATUSES, shippingRoutes } from "@daybook/shop-shipping/http";
import { adminRoutes } from "./admin-routes.ts";
import { archiveRoutes } from "./archive-routes.ts";
import { billedOrders } from "./billed-orders.ts";
import { importRoutes } from "./import-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { startSandbox, type Partners, type Sandbox } from "./partners.ts";
import { QUEUE_STATUSES, queueRoutes } from "./queue-routes.ts";
import { QUEUES, SUBSCRIPTIONS } from "./roles.ts";
import { seedShop } from "./seed-shop.ts";
import { SUBSCRIPTION_STATUSES, subscriptionRoutes } from "./subscription-routes.ts";
import { WORKFLOW_STATUSES, workflowRoutes } from "./workflow-routes.ts";
import { openShop, type Shop, type ShopOptions } from "./service.ts";

export interface AppOptions extends ShopOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  readonly log: Log;
  /** `sandbox`: a world outside of our own is started beside the shop, and ends with it. Otherwise `partners` counts. */
  readonly world?: "sandbox" | "none";
  /** Whether an empty shop is filled with things to look at; unless given, it is. */
  readonly isSeeded?: boolean;
}

/** The whole program in one process, as parts for a host: stores and contexts, background work, HTTP. */
export interface App {
  readonly parts: readonly Part[];
  /** Set once the parts have started. */
  readonly started: Started | undefined;
}

interface Started {
  readonly url: string;
  readonly token: string;
  /** Where the sandbox is told how to behave. */
  readonly sandbox?: string;
}

export function app(options: AppOptions): App {
  const { data, world, log, isSeeded = true } = options;
  const running: { sandbox?: Sandbox; shop?: Shop; server?: HttpServer; loop?: LoopDelayMeter; started?: Started } = {};
  const sandbox: Part = {
    name: "sandbox",
    async start() {
      await makeDataFolder(data);
      running.sandbox = await startSandbox(join(data, "sandbox"), log);
    },
    stop: () => running.sandbox?.stop(),
  };
  const shop: Part = {
    name: "shop",
    async start() {
      const partners = running.sandbox ?? options.partners;
      running.shop = await openShop({ ...options, partners });
    },
    stop: () => running.shop?.close(),
  };
  const http: Part = {
    name: "http",
    async start() {
      if (!running.shop) return;
      running.loop = loopDelayMeter(running.shop.clock);
      running.server = shopServer(running.shop, log, [loopCheck(running.loop)], running.sandbox ?? options.partners);
      const url = await running.server.listen(options.port, options.host);
      await running.sandbox?.sendHooksTo(url);
      if (isSeeded) await seedShop(running.shop, running.sandbox !== undefined);
      running.shop.startBackground();
      running.shop.lock?.announce(url);
      const token = running.shop.developmentToken;
      running.started = { url, token, ...(running.sandbox && { sandbox: running.sandbox.url }) };
    },
    async stop() {
      await running.server?.close();
      running.loop?.stop();
    },
  };
  return {
    parts: [...(world === "sandbox" ? [sandbox] : []), shop, http],
    get started() {
      return running.started;
    },
  };
}

/** Whoever has the development key may do everything. */
const DEVELOPER: Principal = { id: "usr_developer", roles: ["operator", "viewer", "admin"], tenant: "default" };

/** Statuses of the refusals of all contexts. */
const STATUSES: StatusTable = {
  "orders-not-carried-out": 409,
  ...ORDER_STATUSES,
  ...CUSTOMER_STATUSES,
  ...PAYMENT_STATUSES,
  ...PRODUCT_STATUSES,
  ...STOCK_STATUSES,
  ...SHIPPING_STATUSES,
  ...QUESTION_STATUSES,
  ...RETURN_STATUSES,
  ...WORKFLOW_STATUSES,
  ...QUEUE_STATUSES,
  ...SUBSCRIPTION_STATUSES,
};

/** The routes of all contexts. */
export function shopRoutes(shop: Shop, partners?: Partners): readonly Route[] {
  const { store, clock, ids, ordering, catalogue, customers, inventory, payments, shipping, questions, returns, events, random } =
    shop;
  const all = [...WORKFLOWS, ...RETURN_WORKFLOWS];
  const resting = { taskQueue: TASK_QUEUE, answerMs: ANSWER_MS, workflows: all, isAlone: true };
  const workflows = workflowClient({ store, clock, ids, random, ...resting });
  return [
    ...orderRoutes({ ordering, store, clock }),
    ...catalogRoutes({ catalogue, store, clock }),
    ...customerRoutes({ customers, store, clock }),
    ...stockRoutes({ inventory, store }),
    ...recommendationRoutes(shop.recommendations),
    ...paymentRoutes({ payments, store, ids, orders: billedOrders(ordering.queries) }),
    ...shippingRoutes({ shipping, clock, hookSecrets: partners ? [partners.webhookSecret] : [] }),
    ...questionRoutes({ questions, store, clock }),
    ...returnRoutes({ returns, store, ids }),
    ...adminRoutes(shop),
    ...importRoutes(shop),
    ...keyRoutes(shop),
    ...archiveRoutes(shop),
    ...workflowRoutes({ workflows: () => shop.work()?.fulfilment?.engine ?? workflows }),
    ...queueRoutes({ queues: QUEUES, store, clock, ids, keys: events.keys }),
    ...subscriptionRoutes({ names: SUBSCRIPTIONS, store, clock, ids, running: () => shop.work()?.statuses() ?? [] }),
  ];
}

/** The shop's HTTP interface, not yet listening. `more`: checks of the process that serves it. */
export function shopServer(shop: Shop, log: Log, more: readonly HealthCheck[] = [], partners?: Partners): HttpServer {
  const { store, clock, ids, customers } = shop;
  const checks = [
    storeCheck("store", store),
    storeCheck("keys", shop.keyStore),
    projectionCheck(shop),
    recommendationCheck(shop.recommendations),
    ...shop.partners.map(partnerCheck),
    ...more,
  ];
  const routes = shopRoutes(shop, partners);
  const documents = [
    openApiRoute({ title: "Daybook shop", version: "0.1.0", routes, statuses: STATUSES }),
    ...healthRoutes({ checks, clock }),
  ];
  return httpServer({
    routes: [...routes, ...documents],
    principals: principalsOf(
      tokenPrincipals([{ digest: tokenDigest(shop.developmentToken), principal: DEVELOPER }]),
      customers.identity.principals,
    ),
    clock,
    ids,
    random: systemRandom(),
    log,
    statuses: STATUSES,
  });
}

function storeCheck(name: string, store: Store): HealthCheck {
  return {
    name,
    async check() {
      const status = store.status();
      if (status.state === "stopped") return { state: "unhealthy", reason: status.reason };
      const { position } = await store.head();
      return { state: "healthy", details: { engine: store.capabilities.engine, position } };
    },
  };
}

/** How late the event loop was over the last 15 s. */
function loopCheck(loop: LoopDelayMeter): HealthCheck {
  return { name: "event-loop", check: () => ({ state: "healthy", details: { ...loop.read() } }) };
}

function projectionCheck(shop: Shop): HealthCheck {
  return {
    name: "projections",
    async check() {
      const stalled = shop.projections().filter((projection) => projection.subscription?.state === "stalled");
      if (stalled.length === 0) return { state: "healthy" };
      return { state: "degraded", reason: `stalled: ${stalled.map((projection) => projection.name).join(", ")}` };
    },
  };
}
