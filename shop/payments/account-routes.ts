import type { ExecuteOptions } from "@daybook/data/cqrs/aggregates";
import type { Store } from "@daybook/data/store";
import { assert } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import { moneyFromDecimal } from "@daybook/kernel/money";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { notFound } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { etag } from "@daybook/network/http/preconditions";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import type { Account, AccountCommand } from "./account.ts";
import { accountBody, accountBodySchema, accountChangeSchema, amountBody, amountSchema } from "./http-bodies.ts";
import { ownCustomer } from "./own-customer.ts";
import type { PaymentsService } from "./service.ts";

export interface AccountRoutesParts {
  readonly payments: PaymentsService;
  readonly store: Store;
  readonly ids: (prefix: string) => string;
  readonly statuses: StatusTable;
}

const READ_ROLES = ["operator", "viewer", "customer"];
const accountIdSchema = z.strictObject({ id: givenId });
const cursorSchema = z.strictObject({ entry: z.string().max(255), key: z.string().max(255) });

export function accountRoutes(parts: AccountRoutesParts): readonly Route[] {
  return [open(parts), list(parts), totals(parts), ledger(parts), details(parts), ...changes(parts)];
}

function open(parts: AccountRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/accounts",
    name: "openAccount",
    summary: "Open an account: a customer's own, or, for operators, anybody's",
    tag: "accounts",
    auth: { roles: ["operator", "customer"] },
    body: z.strictObject({ ownerId: givenId.optional(), currency: z.string().regex(/^[A-Z]{3}$/) }),
    isIdempotent: true,
    success: { status: 201, schema: accountChangeSchema, headers: { location: "The account's address", etag: "Its version" } },
    problems: ["request-invalid"],
    handle(request) {
      const ownerId = ownCustomer(request) ?? request.body.ownerId ?? request.principal.id;
      const accountId = parts.ids("acc");
      const { currency } = request.body;
      return executed(parts, accountId, { type: "open", accountId, ownerId, currency }, "open-account", request, 201);
    },
  });
}

function list({ payments }: AccountRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/accounts",
    name: "listAccounts",
    summary: "Accounts by id: a customer's own, or, for operators, everybody's or one owner's",
    tag: "accounts",
    auth: { roles: READ_ROLES },
    query: z.strictObject({
      owner: givenId.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(600).optional(),
    }),
    success: {
      status: 200,
      schema: z.strictObject({ accounts: z.array(accountBodySchema), next: z.string().optional() }),
      headers: { link: "The next page" },
    },
    async handle(request) {
      const { owner, limit, cursor } = request.query;
      const ownerId = ownCustomer(request) ?? owner;
      const after = cursor === undefined ? {} : { after: readCursor(cursor, cursorSchema) };
      const found = await payments.accounts.list({ ownerId, limit, ...after });
      return pageAnswer(request.target, { accounts: found.accounts.map(accountBody) }, found.next);
    },
  });
}

function totals({ payments }: AccountRoutesParts): Route {
  const total = z.strictObject({ accounts: z.int(), total: amountSchema });
  return route({
    method: "GET",
    path: "/api/v1/accounts/total",
    name: "totalOfAccounts",
    summary: "What the open accounts hold together, by currency, as far as the read model is",
    tag: "accounts",
    auth: { roles: ["operator", "viewer"] },
    success: { status: 200, schema: z.strictObject({ totals: z.array(total) }) },
    async handle() {
      const found = await payments.accounts.openTotals();
      return jsonAnswer(200, { totals: found.map(({ accounts, total }) => ({ accounts, total: amountBody(total) })) });
    },
  });
}

function ledger({ payments }: AccountRoutesParts): Route {
  const balance = z.strictObject({ account: z.string(), balance: amountSchema });
  return route({
    method: "GET",
    path: "/api/v1/ledger",
    name: "houseBalances",
    summary: "What the house's accounts hold, by account and currency, as far as the read model is",
    tag: "accounts",
    auth: { roles: ["operator", "viewer"] },
    success: { status: 200, schema: z.strictObject({ balances: z.array(balance) }) },
    async handle() {
      const found = await payments.houseBalances();
      return jsonAnswer(200, { balances: found.map(({ account, balance }) => ({ account, balance: amountBody(balance) })) });
    },
  });
}

function details({ payments }: AccountRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/accounts/{id}",
    name: "getAccount",
    summary: "An account",
    tag: "accounts",
    auth: { roles: READ_ROLES },
    params: accountIdSchema,
    success: { status: 200, schema: accountBodySchema, headers: { etag: "The account's version" } },
    problems: ["not-found"],
    async handle(request) {
      const { id } = request.params;
      const found = await payments.accounts.get(id);
      const own = ownCustomer(request);
      if (!found || (own !== undefined && found.ownerId !== own)) throw notFound(`there is no account ${id}`);
      return jsonAnswer(200, accountBody(found), { etag: etag(found.version) });
    },
  });
}

function changes(parts: AccountRoutesParts): readonly Route[] {
  const posting = amountSchema.extend({ reason: z.string().trim().min(1).max(500) });
  return [
    change(parts, "deposit", {
      summary: "Note what was paid into an account",
      roles: ["operator"],
      body: posting,
      problems: ["currency-differs", "amount-not-positive", "invalid-amount"],
      command: ({ amount, currency, reason }) => ({ type: "deposit", amount: moneyFromDecimal(amount, currency), reason }),
    }),
    change(parts, "withdraw", {
      summary: "Pay out of an account",
      roles: ["operator", "customer"],
      body: posting,
      problems: ["insufficient-funds", "currency-differs", "amount-not-positive", "invalid-amount"],
      command: ({ amount, currency, reason }, ownerId) => ({
        type: "withdraw",
        amount: moneyFromDecimal(amount, currency),
        reason,
        ownerId,
      }),
    }),
    change(parts, "close", {
      summary: "Close an account in which nothing is left",
      roles: ["operator", "customer"],
      body: z.strictObject({}),
      problems: ["account-not-empty"],
      command: (_, ownerId) => ({ type: "close", ownerId }),
    }),
  ];
}

interface Change<Body> {
  readonly summary: string;
  readonly roles: readonly string[];
  readonly body: z.ZodType<Body>;
  readonly problems: readonly string[];
  readonly command: (body: Body, ownerId: string | undefined) => AccountCommand;
}

function change<Body>(parts: AccountRoutesParts, verb: string, { summary, roles, body, problems, command }: Change<Body>): Route {
  return route({
    method: "POST",
    path: `/api/v1/accounts/{id}/${verb}`,
    name: `${verb}Account`,
    summary,
    tag: "accounts",
    auth: { roles },
    params: accountIdSchema,
    body,
    isIdempotent: true,
    ifMatch: "optional",
    success: { status: 200, schema: accountChangeSchema, headers: { etag: "The account's version" } },
    problems: ["account-not-found", "account-closed", ...problems],
    handle: (request) =>
      executed(parts, request.params.id, command(request.body, ownCustomer(request)), `${verb}-account`, request, 200),
  });
}

function executed(
  { payments, store, statuses }: AccountRoutesParts,
  accountId: string,
  command: AccountCommand,
  operation: string,
  request: HttpRequest,
  status: number,
): Promise<HttpAnswer> {
  const render: ExecuteOptions<Account, HttpAnswer>["render"] = (outcome) => {
    if (outcome.kind === "refused") return problemAnswer(outcome.refusal, statuses, request.context.traceparent);
    const { state, version } = outcome;
    const location = status === 201 ? { location: `/api/v1/accounts/${accountId}` } : {};
    return jsonAnswer(status, changedBody(state, version), { etag: etag(version), ...location });
  };
  return commandAnswer(store, operation, request, (execution) =>
    payments.accounts.execute(accountId, command, { ...execution, render }),
  );
}

function changedBody(state: Account, version: number): z.infer<typeof accountChangeSchema> {
  assert(state.status !== "absent", "a command that was carried out leaves an account");
  const { changedAt: _, ...body } = accountBody({ ...state, version, changedAt: 0 });
  return body;
}
