import type { Store } from "@daybook/data/store";
import type { Part } from "@daybook/foundation/host";
import type { Log } from "@daybook/foundation/log";
import { loopDelayMeter, type LoopDelayMeter } from "@daybook/foundation/loop-delay";
import { systemRandom } from "@daybook/kernel/random";
import { httpServer, type HttpServer } from "@daybook/network/http";
import { healthRoutes, type HealthCheck } from "@daybook/network/http/health";
import { openApiRoute } from "@daybook/network/http/openapi";
import { tokenDigest, tokenPrincipals, type Principal } from "@daybook/network/http/principals";
import { catalogRoutes } from "@daybook/shop-catalog/http";
import { ORDER_STATUSES, orderRoutes } from "@daybook/shop-ordering/http";
import { adminRoutes } from "./admin-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { openShop, SYSTEM_CONTEXT, type Shop, type ShopOptions } from "./service.ts";

export interface AppOptions extends ShopOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  readonly log: Log;
}

/** The whole program in one process, as parts for a host: stores and contexts, background work, HTTP. */
export interface App {
  readonly parts: readonly Part[];
  /** Set once the parts have started. */
  readonly started: { url: string; token: string } | undefined;
}

export function app(options: AppOptions): App {
  const running: { shop?: Shop; server?: HttpServer; loop?: LoopDelayMeter; started?: { url: string; token: string } } = {};
  const shop: Part = {
    name: "shop",
    async start() {
      running.shop = await openShop(options);
      await running.shop.catalogue.seed(SYSTEM_CONTEXT);
      running.shop.startBackground();
    },
    stop: () => running.shop?.close(),
  };
  const http: Part = {
    name: "http",
    async start() {
      if (!running.shop) return;
      running.loop = loopDelayMeter(running.shop.clock);
      running.server = shopServer(running.shop, options.log, [loopCheck(running.loop)]);
      const url = await running.server.listen(options.port, options.host);
      running.shop.lock?.announce(url);
      running.started = { url, token: running.shop.developmentToken };
    },
    async stop() {
      await running.server?.close();
      running.loop?.stop();
    },
  };
  return {
    parts: [shop, http],
    get started() {
      return running.started;
    },
  };
}

/** Whoever has the development key may do everything; identities of customers and operators come with their service. */
const DEVELOPER: Principal = { id: "usr_developer", roles: ["operator", "viewer", "admin"], tenant: "default" };

/** The shop's HTTP interface, not yet listening. `more`: checks of the process that serves it. */
export function shopServer(shop: Shop, log: Log, more: readonly HealthCheck[] = []): HttpServer {
  const { store, clock, ids, ordering, catalogue } = shop;
  const checks = [storeCheck("store", store), storeCheck("keys", shop.keyStore), projectionCheck(shop), ...more];
  const routes = [
    ...orderRoutes({ ordering, store, clock }),
    ...catalogRoutes(catalogue),
    ...adminRoutes(shop),
    ...keyRoutes(shop),
  ];
  const documents = [
    openApiRoute({ title: "Daybook shop", version: "0.1.0", routes, statuses: ORDER_STATUSES }),
    ...healthRoutes({ checks, clock }),
  ];
  return httpServer({
    routes: [...routes, ...documents],
    principals: tokenPrincipals([{ digest: tokenDigest(shop.developmentToken), principal: DEVELOPER }]),
    clock,
    ids,
    random: systemRandom(),
    log,
    statuses: ORDER_STATUSES,
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
