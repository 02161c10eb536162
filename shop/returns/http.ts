import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { RowCursor, Store } from "@daybook/data/store";
import type { IdSource } from "@daybook/kernel/ids";
import { givenId } from "@daybook/kernel/ids";
import { decimalText, type Money } from "@daybook/kernel/money";
import { commandAnswer, type RequestExecution } from "@daybook/network/http/command-answer";
import { notFound } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { etag } from "@daybook/network/http/preconditions";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import { receivedSchema, requestReturnSchema, returnReasonSchema, returnSchema, returnStatusSchema } from "./contract.ts";
import { returnedLineSchema } from "./events.ts";
import type { ReturnChange } from "./order-returns.ts";
import type { ListReturns, ReturnRow } from "./return-row.ts";
import type { ReturnExecution, ReturnOutcome } from "./returns.ts";
import type { ReturnsService } from "./service.ts";

/** Statuses of the refusals of this context. */
export const RETURN_STATUSES: StatusTable = {
  "return-not-found": 404,
  "return-exists": 409,
  "return-refused": 409,
  "order-not-sent": 409,
  "not-in-order": 409,
  "too-many-returned": 409,
  "nothing-to-return": 409,
  "line-not-returned": 400,
};
const STATUSES: StatusTable = { ...RETURN_STATUSES, "order-not-found": 404, "illegal-transition": 409 };

export interface ReturnRoutesParts {
  readonly returns: ReturnsService;
  readonly store: Store;
  readonly ids: IdSource;
}

const READ_ROLES = ["operator", "viewer", "customer"];
const idSchema = z.strictObject({ id: givenId });
const amountSchema = z.strictObject({ amount: z.string(), currency: z.string() });
const cursorSchema = z.strictObject({ entry: z.string().max(255), key: z.string().max(255) });

/** A return as HTTP shows it; `version` is that of its order's returns. */
const bodySchema = returnSchema.omit({ returnId: true }).extend({
  id: z.string(),
  version: z.int(),
  lines: z.array(returnedLineSchema.extend({ amount: amountSchema })),
  amount: amountSchema,
  requestedAt: z.iso.datetime(),
});
const success = { schema: bodySchema, headers: { etag: "The version of the order's returns" } };

/** The routes of returns. */
export function returnRoutes(parts: ReturnRoutesParts): readonly Route[] {
  const empty = z.strictObject({});
  return [
    request(parts),
    listOfOrder(parts),
    list(parts),
    details(parts),
    change(parts, "accept", "Accept a return that waits for a decision", empty, () => ({ type: "accept" })),
    change(
      parts,
      "reject",
      "Reject a return, until its pieces are here",
      z.strictObject({ reason: returnReasonSchema }),
      (body) => ({
        type: "reject",
        ...body,
      }),
    ),
    change(parts, "receive", "Note that the pieces are here, and lines that cannot be sold any more", receivedSchema, (body) => ({
      type: "receive",
      ...body,
    })),
  ];
}

function request({ returns, store, ids }: ReturnRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/orders/{id}/returns",
    name: "requestReturn",
    summary: "Ask for the return of an order that was sent, or of some pieces; of all that is left without `items`",
    tag: "returns",
    auth: { roles: ["operator", "customer"] },
    params: idSchema,
    body: requestReturnSchema.pick({ items: true, reason: true }),
    isIdempotent: true,
    success: { status: 201, ...success, headers: { ...success.headers, location: "The return's address" } },
    problems: ["order-not-found", ...Object.keys(RETURN_STATUSES).filter((code) => !OF_RETURNS.has(code))],
    handle: (received) =>
      executed(store, "request-return", received, 201, (execution) => {
        const asked = { ...received.body, orderId: received.params.id, customerId: ownCustomer(received) };
        return returns.operations.ask(ids("ret"), asked, execution);
      }),
  });
}

/** Refusals of those that there are. */
const OF_RETURNS: ReadonlySet<string> = new Set(["return-not-found", "return-exists", "line-not-returned"]);

function change<Body>(
  { returns, store }: ReturnRoutesParts,
  verb: "accept" | "reject" | "receive",
  summary: string,
  body: z.ZodType<Body>,
  changeOf: (body: Body) => ReturnChange,
): Route {
  return route({
    method: "POST",
    path: `/api/v1/returns/{id}/${verb}`,
    name: `${verb}Return`,
    summary,
    tag: "returns",
    auth: { roles: ["operator"] },
    params: idSchema,
    body,
    isIdempotent: true,
    ifMatch: "optional",
    success: { status: 200, ...success },
    problems: ["return-not-found", "illegal-transition", ...(verb === "receive" ? ["line-not-returned"] : [])],
    handle: (received) =>
      executed(store, `${verb}-return`, received, 200, (execution) =>
        returns.operations.change(received.params.id, changeOf(received.body), execution),
      ),
  });
}

function details({ returns }: ReturnRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/returns/{id}",
    name: "getReturn",
    summary: "A return",
    tag: "returns",
    auth: { roles: READ_ROLES },
    params: idSchema,
    success: { status: 200, ...success },
    problems: ["not-found"],
    async handle(received) {
      const { id } = received.params;
      const row = await returns.get(id);
      const own = ownCustomer(received);
      if (!row || (own !== undefined && row.return.customerId !== own)) throw notFound(`there is no return ${id}`);
      return jsonAnswer(200, bodyOf(row), { etag: etag(row.version) });
    },
  });
}

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(600).optional(),
});
const listSuccess = {
  status: 200,
  schema: z.strictObject({ returns: z.array(bodySchema), next: z.string().optional() }),
  headers: { link: "The next page" },
} as const;

function list(parts: ReturnRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/returns",
    name: "listReturns",
    summary: "Returns, newest first: a customer's own, or, for operators, everybody's or those in one state",
    tag: "returns",
    auth: { roles: READ_ROLES },
    query: pageQuery.extend({ status: returnStatusSchema.optional() }),
    success: listSuccess,
    handle: (received) => {
      const customerId = ownCustomer(received);
      const { status } = received.query;
      return listed(parts, received, received.query, customerId === undefined ? { status } : { customerId });
    },
  });
}

function listOfOrder(parts: ReturnRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}/returns",
    name: "listOrderReturns",
    summary: "The returns of an order, newest first; a customer sees their own",
    tag: "returns",
    auth: { roles: READ_ROLES },
    params: idSchema,
    query: pageQuery,
    success: listSuccess,
    handle: (received) => listed(parts, received, received.query, { orderId: received.params.id }, ownCustomer(received)),
  });
}

async function listed(
  { returns }: ReturnRoutesParts,
  { target }: HttpRequest,
  { limit, cursor }: z.infer<typeof pageQuery>,
  which: Omit<ListReturns, "limit" | "after">,
  own?: string,
): Promise<HttpAnswer> {
  const after = cursor === undefined ? undefined : readCursor(cursor, cursorSchema);
  const found = await returns.list({ ...which, limit, after });
  const seen = own === undefined ? found.returns : found.returns.filter((row) => row.return.customerId === own);
  return pageAnswer(target, { returns: seen.map(bodyOf) }, found.next satisfies RowCursor | undefined);
}

function executed(
  store: Store,
  operation: string,
  received: HttpRequest,
  status: number,
  run: (execution: ReturnExecution<HttpAnswer>) => Promise<Executed<HttpAnswer>>,
): Promise<HttpAnswer> {
  const render = (outcome: ReturnOutcome) => outcomeAnswer(outcome, status, received);
  return commandAnswer(store, operation, received, (execution: RequestExecution) => run({ ...execution, render }));
}

function outcomeAnswer(outcome: ReturnOutcome, status: number, { context }: HttpRequest): HttpAnswer {
  if (outcome.kind === "refused") return problemAnswer(outcome.refusal, STATUSES, context.traceparent);
  const body = bodyOf(outcome);
  const location = status === 201 ? { location: `/api/v1/returns/${body.id}` } : {};
  return jsonAnswer(status, body, { etag: etag(outcome.version), ...location });
}

function bodyOf({ return: { returnId: id, ...shown }, version }: ReturnRow): z.infer<typeof bodySchema> {
  return {
    id,
    ...shown,
    version,
    lines: shown.lines.map((line) => ({ ...line, amount: amountBody(line.amount) })),
    amount: amountBody(shown.amount),
    requestedAt: Temporal.Instant.fromEpochMilliseconds(shown.requestedAt).toString({ smallestUnit: "millisecond" }),
  };
}

function amountBody(amount: Money): z.infer<typeof amountSchema> {
  return { amount: decimalText(amount), currency: amount.currency };
}

/** The customer that a request is limited to; undefined for principals who may see all. */
function ownCustomer({ principal }: HttpRequest): string | undefined {
  return principal.roles.some((role) => role === "operator" || role === "viewer") ? undefined : principal.id;
}
