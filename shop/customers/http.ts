import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { Operation } from "@daybook/data/cqrs/handlers";
import { waitFor } from "@daybook/data/cqrs/read-model";
import type { Store } from "@daybook/data/store";
import { readPosition } from "@daybook/data/store/position";
import type { Clock } from "@daybook/kernel/clock";
import { givenId } from "@daybook/kernel/ids";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { notFound, positionNotReached } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { etag } from "@daybook/network/http/preconditions";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import {
  activateCustomer,
  assignedRoleSchema,
  assignRoles,
  changePassword,
  changePreferences,
  customerStatusSchema,
  deactivateCustomer,
  deleteCustomer,
  getCustomer,
  listCustomers,
  newProfileSchema,
  passwordChangeSchema,
  passwordSchema,
  profileChangeSchema,
  registerCustomer,
  rowCursorSchema,
  searchCustomers,
  updateCustomer,
  type CustomerOutcome,
} from "./contract.ts";
import {
  changedSchema,
  customerBody,
  customerBodySchema,
  customerListSchema,
  isoTime,
  preferencesSchema,
  sessionSchema,
} from "./http-bodies.ts";
import type { CustomersService } from "./service.ts";

/** Statuses of the refusals and errors of this context. */
export const CUSTOMER_STATUSES: StatusTable = {
  "customer-not-found": 404,
  "customer-exists": 409,
  "user-name-taken": 409,
  "email-taken": 409,
  "log-in-refused": 401,
  "password-wrong": 403,
  "customer-inactive": 403,
  "log-in-busy": 503,
};

export interface CustomerRoutesParts {
  readonly customers: CustomersService;
  readonly store: Store;
  readonly clock: Clock;
}

const READ_ROLES = ["operator", "viewer", "customer"];
const WRITE_ROLES = ["operator", "customer"];
const REACH_WITHIN_MS = 2_000;
const CUSTOMER = "/api/v1/customers/{id}";
/** `me` is the customer who asks. */
const params = z.strictObject({ id: givenId });
const changedSuccess = { status: 200, schema: changedSchema, headers: { etag: "The customer's version" } };

/** The routes of customers and of their sessions. */
export function customerRoutes(parts: CustomerRoutesParts): readonly Route[] {
  return [
    register(parts),
    logIn(parts),
    list(parts),
    search(parts),
    details(parts),
    update(parts),
    preferences(parts),
    password(parts),
    roles(parts),
    activate(parts),
    deactivate(parts),
    remove(parts),
    rotateKeys(parts),
  ];
}

function register({ customers, store }: CustomerRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/customers",
    name: "registerCustomer",
    summary: "Register as a customer",
    tag: "customers",
    auth: "public",
    body: newProfileSchema.extend({ password: passwordSchema }),
    isIdempotent: true,
    success: { ...changedSuccess, status: 201, headers: { location: "The customer's address", etag: "Its version" } },
    problems: ["user-name-taken", "email-taken", "rate-limited", "log-in-busy", "idempotency-key-reused"],
    handle(request) {
      customers.identity.countRegistration(request.remoteAddress);
      const { password, ...profile } = request.body;
      return commanded({ customers, store }, request, registerCustomer, { profile, password }, 201);
    },
  });
}

function logIn({ customers }: CustomerRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/sessions",
    name: "logIn",
    summary: "Log in with user name or e-mail address and password",
    tag: "sessions",
    auth: "public",
    body: z.strictObject({ name: z.string().min(1).max(254), password: z.string().min(1).max(200) }),
    success: { status: 201, schema: sessionSchema },
    problems: ["log-in-refused", "customer-inactive", "rate-limited", "log-in-busy"],
    async handle({ body, remoteAddress, context }) {
      const answer = await customers.identity.logIn({ ...body, address: remoteAddress }, context);
      if ("refusal" in answer) return problemAnswer(answer.refusal, CUSTOMER_STATUSES, context.traceparent);
      const { token, expiresAt, customerId } = answer.value;
      return jsonAnswer(201, { token, tokenType: "Bearer", expiresAt: isoTime(expiresAt), customerId });
    },
  });
}

function list({ customers, store }: CustomerRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/customers",
    name: "listCustomers",
    summary: "All customers, newest first",
    tag: "customers",
    auth: { roles: ["operator", "viewer"] },
    query: z.strictObject({
      status: customerStatusSchema.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(600).optional(),
    }),
    readsAtLeast: true,
    success: { status: 200, schema: customerListSchema, headers: { link: "The next page" } },
    async handle(request) {
      await checkReached(store, request);
      const { status, limit, cursor } = request.query;
      const after = cursor === undefined ? undefined : readCursor(cursor, rowCursorSchema);
      const found = await customers.queries.dispatch(listCustomers, { status, limit, after }, request);
      return pageAnswer(request.target, { customers: found.customers.map(customerBody) }, found.next);
    },
  });
}

function search({ customers, store, clock }: CustomerRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/customers/search",
    name: "searchCustomers",
    summary: "Customers by the start of the id, or by a part of user name, name or e-mail",
    tag: "customers",
    auth: { roles: ["operator", "viewer"] },
    query: z.strictObject({ q: z.string().trim().min(3).max(100), limit: z.coerce.number().int().min(1).max(100).default(20) }),
    readsAtLeast: true,
    success: { status: 200, schema: customerListSchema },
    async handle(request) {
      const position = await checkReached(store, request);
      const { isReached, lag } = await waitFor(store, customers.search, position, REACH_WITHIN_MS, clock);
      if (!isReached) {
        const details = { lag, retryAfterMs: 1_000 };
        throw positionNotReached("the search has not seen this position yet", { details });
      }
      const { q: text, limit } = request.query;
      const found = await customers.queries.dispatch(searchCustomers, { text, limit }, request);
      return jsonAnswer(200, { customers: found.map(customerBody) });
    },
  });
}

function details({ customers, store }: CustomerRoutesParts): Route {
  return route({
    method: "GET",
    path: CUSTOMER,
    name: "getCustomer",
    summary: "A customer; `me` is who asks",
    tag: "customers",
    auth: { roles: READ_ROLES },
    params,
    readsAtLeast: true,
    success: { status: 200, schema: customerBodySchema, headers: { etag: "The customer's version" } },
    problems: ["not-found"],
    async handle(request) {
      await checkReached(store, request);
      const customerId = askedFor(request, ["operator", "viewer"]);
      const customer = await customers.queries.dispatch(getCustomer, { customerId }, request);
      if (!customer) throw noCustomer(customerId);
      return jsonAnswer(200, customerBody(customer), { etag: etag(customer.version) });
    },
  });
}

function update(parts: CustomerRoutesParts): Route {
  return route({
    method: "PATCH",
    path: CUSTOMER,
    name: "updateCustomer",
    summary: "Change a customer's profile: what is sent replaces what was there",
    tag: "customers",
    auth: { roles: WRITE_ROLES },
    params,
    body: profileChangeSchema,
    isIdempotent: true,
    ifMatch: "required",
    success: changedSuccess,
    problems: ["not-found", "customer-not-found", "user-name-taken", "email-taken", "version-mismatch", "idempotency-key-reused"],
    handle: (request) =>
      commanded(parts, request, updateCustomer, { customerId: askedFor(request, ["operator"]), change: request.body }),
  });
}

function preferences(parts: CustomerRoutesParts): Route {
  return route({
    method: "PUT",
    path: `${CUSTOMER}/preferences`,
    name: "changePreferences",
    summary: "Say which mails are wanted; what is left out is wanted",
    tag: "customers",
    auth: { roles: WRITE_ROLES },
    params,
    body: preferencesSchema,
    isIdempotent: true,
    ifMatch: "required",
    success: changedSuccess,
    problems: ["not-found", "customer-not-found", "version-mismatch", "idempotency-key-reused"],
    handle(request) {
      const unwanted = Object.entries(request.body).flatMap(([kind, isWanted]) => (isWanted ? [] : [kind]));
      return commanded(parts, request, changePreferences, { customerId: askedFor(request, ["operator"]), unwanted });
    },
  });
}

function password(parts: CustomerRoutesParts): Route {
  return route({
    method: "POST",
    path: `${CUSTOMER}/password`,
    name: "changePassword",
    summary: "Change one's own password, by the current one: every session ends, log in again",
    tag: "customers",
    auth: { roles: ["customer"] },
    params,
    body: passwordChangeSchema,
    isIdempotent: true,
    ifMatch: "optional",
    success: changedSuccess,
    problems: ["not-found", "password-wrong", "rate-limited", "log-in-busy", "version-mismatch", "idempotency-key-reused"],
    handle(request) {
      const customerId = askedFor(request, []);
      parts.customers.identity.countPasswordChange(customerId, request.remoteAddress);
      return commanded(parts, request, changePassword, { customerId, ...request.body });
    },
  });
}

function roles(parts: CustomerRoutesParts): Route {
  return route({
    method: "PUT",
    path: `${CUSTOMER}/roles`,
    name: "assignRoles",
    summary: "Say what a customer may be beside a customer: operators' accounts",
    tag: "customers",
    auth: { roles: ["admin"] },
    params,
    body: z.strictObject({ roles: z.array(assignedRoleSchema).max(assignedRoleSchema.options.length) }),
    isIdempotent: true,
    ifMatch: "required",
    success: changedSuccess,
    problems: ["customer-not-found", "version-mismatch", "idempotency-key-reused"],
    handle(request) {
      const input = { customerId: askedFor(request, ["admin"]), roles: request.body.roles };
      return commanded(parts, request, assignRoles, input);
    },
  });
}

function activate(parts: CustomerRoutesParts): Route {
  return standing(parts, activateCustomer, {
    method: "POST",
    path: `${CUSTOMER}/activate`,
    name: "activateCustomer",
    summary: "Let a customer log in and order again",
    auth: { roles: ["operator"] },
  });
}

function deactivate(parts: CustomerRoutesParts): Route {
  return standing(parts, deactivateCustomer, {
    method: "POST",
    path: `${CUSTOMER}/deactivate`,
    name: "deactivateCustomer",
    summary: "Keep a customer from logging in and from ordering",
    auth: { roles: ["operator"] },
  });
}

function remove(parts: CustomerRoutesParts): Route {
  return standing(parts, deleteCustomer, {
    method: "DELETE",
    path: CUSTOMER,
    name: "deleteCustomer",
    summary: "Delete a customer: names and log-in at once, personal data when no order needs it any more",
    auth: { roles: WRITE_ROLES },
  });
}

/** A route that says nothing more than which customer, and what becomes of them. */
function standing(
  parts: CustomerRoutesParts,
  operation: Operation<{ readonly customerId: string }, Executed<unknown>>,
  about: Pick<Route, "method" | "path" | "name" | "summary" | "auth">,
): Route {
  return route({
    ...about,
    tag: "customers",
    params,
    isIdempotent: true,
    ifMatch: "optional",
    success: changedSuccess,
    problems: ["not-found", "customer-not-found", "version-mismatch", "idempotency-key-reused"],
    handle: (request) => commanded(parts, request, operation, { customerId: askedFor(request, ["operator"]) }),
  });
}

function rotateKeys({ customers }: CustomerRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/sessions/keys/rotation",
    name: "rotateSessionKeys",
    summary: "Sign sessions by a new key; those that there are go on",
    tag: "sessions",
    auth: { roles: ["admin"] },
    success: { status: 204 },
    async handle() {
      await customers.identity.rotateKeys();
      return { status: 204, headers: {}, body: "" };
    },
  });
}

/** The customer that a request is about. Who has none of `roles` sees nobody else: another one and a missing one answer alike. */
function askedFor({ params: { id }, principal }: HttpRequest<{ readonly id: string }>, all: readonly string[]): string {
  const customerId = id === "me" ? principal.id : id;
  if (customerId !== principal.id && !principal.roles.some((role) => all.includes(role))) throw noCustomer(customerId);
  return customerId;
}

function noCustomer(customerId: string) {
  return notFound(`there is no customer ${customerId}`);
}

/** The position that the request asks to have been reached, 0 without one. Rows of customers are as new as the log. */
async function checkReached(store: Store, { atLeast }: HttpRequest): Promise<number> {
  return atLeast === undefined ? 0 : readPosition(atLeast, await store.head());
}

function commanded<Input>(
  { customers, store }: Pick<CustomerRoutesParts, "customers" | "store">,
  request: HttpRequest,
  operation: Operation<Input, Executed<unknown>>,
  input: unknown,
  status = 200,
): Promise<HttpAnswer> {
  const render = (outcome: CustomerOutcome) => changedAnswer(outcome, status, request);
  return commandAnswer(store, operation.name, request, async (execution) => {
    const executed = await customers.commands.dispatch(operation, input, { ...execution, render });
    return executed as Executed<HttpAnswer>; // by render above
  });
}

function changedAnswer(outcome: CustomerOutcome, status: number, request: HttpRequest): HttpAnswer {
  if (outcome.kind === "refused") return problemAnswer(outcome.refusal, CUSTOMER_STATUSES, request.context.traceparent);
  const { state, version } = outcome;
  const id = "customerId" in state ? state.customerId : "";
  return jsonAnswer(
    status,
    { id, status: state.status, version },
    { etag: etag(version), ...(status === 201 && { location: `/api/v1/customers/${id}` }) },
  );
}
