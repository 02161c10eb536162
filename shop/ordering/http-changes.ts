import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { Operation } from "@daybook/data/cqrs/handlers";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { givenId } from "@daybook/kernel/ids";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { forbidden } from "@daybook/network/http/errors";
import { etag } from "@daybook/network/http/preconditions";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import {
  addItem,
  cancelOrder,
  choosePayment,
  holdOrder,
  itemSchema,
  placeOrder,
  placeOrderSchema,
  reasonSchema,
  releaseOrder,
  type Execution,
  type PlacedOrRefused,
} from "./contract.ts";
import { paymentMethodSchema } from "./events.ts";
import { placedBody, placedSchema } from "./http-bodies.ts";
import type { OrderingService } from "./service.ts";

/** Statuses of the refusals of this context. */
export const ORDER_STATUSES: StatusTable = {
  "order-not-found": 404,
  "order-exists": 409,
  "illegal-transition": 409,
  "order-under-way": 409,
  "payment-chosen": 409,
  "order-held": 409,
  "parcel-left": 409,
  "unknown-product": 409,
  "price-differs": 409,
  "quantity-too-large": 400,
  "too-many-lines": 400,
  "mixed-currencies": 400,
  "amount-differs": 400,
  "total-differs": 400,
  "total-negative": 400,
  "subject-erased": 409,
};

export interface OrderRoutesParts {
  readonly ordering: OrderingService;
  readonly store: Store;
  readonly clock: Clock;
}

const WRITE_ROLES = ["operator", "customer"];
const PRICING_PROBLEMS = ["unknown-product", "price-differs", "quantity-too-large", "mixed-currencies"];
export const orderIdSchema = z.strictObject({ id: givenId });

/** The routes that change orders. */
export function changeRoutes(parts: OrderRoutesParts): readonly Route[] {
  return [place(parts), ...changes(parts)];
}

function place({ ordering, store }: OrderRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/orders",
    name: "placeOrder",
    summary: "Place an order at the catalogue's prices; with a payment it is carried out",
    tag: "orders",
    auth: { roles: WRITE_ROLES },
    body: placeOrderSchema,
    isIdempotent: true,
    success: { status: 201, schema: placedSchema, headers: { location: "The order's address", etag: "Its version" } },
    problems: PRICING_PROBLEMS,
    handle(request) {
      const own = ownCustomer(request);
      const { customerId = own } = request.body;
      if (own !== undefined && customerId !== own) throw forbidden("a customer orders for nobody else");
      const input = own === undefined ? request.body : { ...request.body, customerId };
      return executed({ ordering, store }, placeOrder, input, request, 201);
    },
  });
}

function changes(parts: OrderRoutesParts): readonly Route[] {
  const reason = z.strictObject({ reason: reasonSchema });
  return [
    change(parts, cancelOrder, {
      path: "cancel",
      summary: "Cancel an order",
      roles: WRITE_ROLES,
      body: reason,
      input: ({ reason }) => ({ reason }),
      problems: ["parcel-left"],
    }),
    change(parts, addItem, {
      path: "items",
      summary: "Add an item, at the catalogue's price, until it is chosen how the order is paid",
      roles: WRITE_ROLES,
      body: itemSchema,
      input: (item) => ({ item }),
      ifMatch: "required",
      problems: [...PRICING_PROBLEMS, "order-under-way", "too-many-lines"],
    }),
    change(parts, choosePayment, {
      path: "payment",
      summary: "Say how the order is paid: from then on it is carried out",
      roles: WRITE_ROLES,
      body: paymentMethodSchema,
      input: (payment) => ({ payment }),
      problems: ["payment-chosen"],
    }),
    change(parts, holdOrder, {
      path: "hold",
      summary: "Keep an order from being shipped until it is released",
      roles: ["operator"],
      body: reason,
      input: ({ reason }) => ({ reason }),
    }),
    change(parts, releaseOrder, {
      path: "release",
      summary: "Let an order that is on hold go on",
      roles: ["operator"],
      body: z.strictObject({}),
      input: () => ({}),
    }),
  ];
}

interface Change<Body, Input> {
  /** Behind the order's address. */
  readonly path: string;
  readonly summary: string;
  readonly roles: readonly string[];
  readonly body: z.ZodType<Body>;
  /** What the command takes beside the order and who asks. */
  readonly input: (body: Body) => Omit<Input, "orderId" | "customerId">;
  readonly ifMatch?: "required";
  readonly problems?: readonly string[];
}

function change<Body, Input>(parts: OrderRoutesParts, operation: Operation<Input>, options: Change<Body, Input>): Route {
  const { path, summary, roles, body, input, ifMatch = "optional", problems = [] } = options;
  return route({
    method: "POST",
    path: `/api/v1/orders/{id}/${path}`,
    name: operation.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    summary,
    tag: "orders",
    auth: { roles },
    params: orderIdSchema,
    body,
    isIdempotent: true,
    ifMatch,
    success: { status: 200, schema: placedSchema, headers: { etag: "The order's version" } },
    problems: ["order-not-found", "illegal-transition", ...problems],
    handle: (request) =>
      executed(
        parts,
        operation,
        { orderId: request.params.id, customerId: ownCustomer(request), ...input(request.body) },
        request,
        200,
      ),
  });
}

/** The customer that a request is limited to; undefined for principals who may see all. */
export function ownCustomer({ principal }: HttpRequest): string | undefined {
  return principal.roles.some((role) => role === "operator" || role === "viewer") ? undefined : principal.id;
}

function executed(
  { ordering, store }: Pick<OrderRoutesParts, "ordering" | "store">,
  operation: Operation,
  input: unknown,
  request: HttpRequest,
  status: number,
): Promise<HttpAnswer> {
  const render = (outcome: PlacedOrRefused) => placedAnswer(outcome, status, request);
  return commandAnswer(store, operation.name, request, (execution) => {
    const around: Execution<HttpAnswer> = { ...execution, render };
    const executing: Promise<unknown> = ordering.commands.dispatch(operation, input, around);
    return executing as Promise<Executed<HttpAnswer>>; // by `render`
  });
}

function placedAnswer(outcome: PlacedOrRefused, status: number, request: HttpRequest): HttpAnswer {
  if (outcome.kind === "refused") return problemAnswer(outcome.refusal, ORDER_STATUSES, request.context.traceparent);
  const body = placedBody(outcome);
  return jsonAnswer(status, body, {
    etag: etag(outcome.version),
    ...(status === 201 && { location: `/api/v1/orders/${body.id}` }),
  });
}
