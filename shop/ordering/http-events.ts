import { streamName } from "@daybook/data/event-store/event";
import type { StoredEvent } from "@daybook/data/store";
import { positionToken, readPosition } from "@daybook/data/store/position";
import { notFound } from "@daybook/network/http/errors";
import { eventStream, type ServerSentEvent } from "@daybook/network/http/event-stream";
import { route, type HttpRequest, type Route } from "@daybook/network/http/route";
import { z } from "zod";
import { getOrder, orderStatusSchema, type OrderDetails } from "./contract.ts";
import { ORDER_CATEGORY } from "./events.ts";
import { orderIdSchema, ownCustomer, type OrderRoutesParts } from "./http-changes.ts";
import { OrderWatch } from "./order-watch.ts";

/** What one event says: what happened, and how the order stood after it. */
const progressSchema = z.strictObject({
  id: z.string(),
  version: z.int(),
  status: orderStatusSchema,
  at: z.iso.datetime(),
  isHeld: z.boolean(),
});

const ENDS: readonly OrderDetails["status"][] = ["delivered", "cancelled", "failed"];
/** Other processes on the same store do not ring: they are looked for now and then. */
const LOOK_AGAIN_MS = 5_000;

/** The route by which an order is followed. */
export function followRoute(parts: OrderRoutesParts): Route {
  const watch = new OrderWatch(parts.store, parts.clock);
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}/events",
    name: "followOrder",
    summary: "An order's progress as it happens, from its beginning or behind Last-Event-ID; ends when the order does",
    tag: "orders",
    auth: { roles: ["operator", "viewer", "customer"] },
    params: orderIdSchema,
    isEventStream: true,
    success: { status: 200, schema: progressSchema, description: "Events; 204 when the order has ended and the reader has all" },
    problems: ["not-found", "position-invalid", "position-from-lost-future"],
    async handle(request) {
      const { id } = request.params;
      const order = await detailsOf(parts, request, id);
      const own = ownCustomer(request);
      if (!order || (own !== undefined && order.customer.id !== own)) throw notFound(`there is no order ${id}`);
      const head = await parts.store.head();
      const after = request.lastEventId === undefined ? 0 : readPosition(request.lastEventId, head);
      const progress = new OrderProgress(parts, watch, request, id, head.epoch, after);
      // 204 is how a reader of events is told not to come again.
      if (ENDS.includes(order.status) && !(await progress.hasNews())) return { status: 204, headers: {}, body: "" };
      return eventStream(progress.events());
    },
  });
}

function detailsOf(
  { ordering }: OrderRoutesParts,
  request: HttpRequest,
  orderId: string,
  version?: number,
): Promise<OrderDetails | undefined> {
  return ordering.queries.dispatch(getOrder, { orderId, version }, request);
}

/** One reader's way through an order's stream. */
class OrderProgress {
  private readonly parts: OrderRoutesParts;
  private readonly watch: OrderWatch;
  private readonly request: HttpRequest;
  private readonly orderId: string;
  private readonly stream: string;
  private readonly epoch: number;
  private readonly after: number;
  private version = 0;

  constructor(parts: OrderRoutesParts, watch: OrderWatch, request: HttpRequest, orderId: string, epoch: number, after: number) {
    this.parts = parts;
    this.watch = watch;
    this.request = request;
    this.orderId = orderId;
    this.stream = streamName(ORDER_CATEGORY, orderId);
    this.epoch = epoch;
    this.after = after;
  }

  async hasNews(): Promise<boolean> {
    return (await this.news()).length > 0;
  }

  async *events(): AsyncGenerator<ServerSentEvent> {
    const { signal } = this.request;
    const rung = await this.watch.follow(this.stream);
    try {
      while (!signal.aborted) {
        rung.hush();
        for (const event of await this.news()) {
          const order = await detailsOf(this.parts, this.request, this.orderId, event.version);
          if (!order) return;
          this.version = event.version;
          yield this.eventOf(event, order);
          if (ENDS.includes(order.status)) return;
        }
        await rung.wait(LOOK_AGAIN_MS, signal);
      }
    } finally {
      this.watch.leave(this.stream, rung);
    }
  }

  /** What the reader has not been sent. */
  private async news(): Promise<readonly StoredEvent[]> {
    const found = await this.parts.store.readStream(this.stream, { from: this.version + 1 });
    return found.filter(({ position }) => position > this.after);
  }

  private eventOf({ position, type, version, recordedAt }: StoredEvent, { status, hold }: OrderDetails): ServerSentEvent {
    const at = Temporal.Instant.fromEpochMilliseconds(recordedAt).toString();
    return {
      id: positionToken(this.epoch, position),
      event: type,
      data: { id: this.orderId, version, status, at, isHeld: hold !== undefined } satisfies z.infer<typeof progressSchema>,
    };
  }
}
