import type { Store } from "@daybook/data/store";
import { givenId } from "@daybook/kernel/ids";
import { notFound } from "@daybook/network/http/errors";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import { accountRoutes } from "./account-routes.ts";
import { BILL_PAGE_POLICY, billPage } from "./bills/bill-page.ts";
import type { BilledOrder, BilledOrders } from "./bills/billed-order.ts";
import { shownBill, type ShownBill } from "./bills/shown-bill.ts";
import { billBody, billBodySchema, billEntry, billEntrySchema, paymentBody, paymentBodySchema } from "./http-bodies.ts";
import { ownCustomer } from "./own-customer.ts";
import type { PaymentsService } from "./service.ts";

/** Statuses of the refusals of this context. */
export const PAYMENT_STATUSES: StatusTable = {
  "account-not-found": 404,
  "account-exists": 409,
  "account-closed": 409,
  "account-not-empty": 409,
  "currency-differs": 409,
  "insufficient-funds": 409,
  "amount-not-positive": 400,
};

export interface PaymentRoutesParts {
  readonly payments: PaymentsService;
  readonly store: Store;
  readonly ids: (prefix: string) => string;
  readonly orders: BilledOrders;
}

const READ_ROLES = ["operator", "viewer", "customer"];
const orderIdSchema = z.strictObject({ id: givenId });

/** The routes of payments: accounts, payments of orders, bills, and the card provider's web hook. */
export function paymentRoutes(parts: PaymentRoutesParts): readonly Route[] {
  return [
    ...accountRoutes({ ...parts, statuses: PAYMENT_STATUSES }),
    payment(parts),
    billsOfOrder(parts),
    bill(parts),
    page(parts),
    hook(parts),
  ];
}

function payment(parts: PaymentRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}/payment",
    name: "getPayment",
    summary: "What has become of an order's payment",
    tag: "payments",
    auth: { roles: READ_ROLES },
    params: orderIdSchema,
    success: { status: 200, schema: paymentBodySchema },
    problems: ["not-found"],
    async handle(request) {
      const { id } = request.params;
      await orderOf(parts, id, request);
      const view = await parts.payments.payment(id);
      const body = view && paymentBody(id, view);
      if (!body) throw notFound(`nothing was paid for the order ${id} yet`);
      return jsonAnswer(200, body);
    },
  });
}

function billsOfOrder(parts: PaymentRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}/bills",
    name: "listBills",
    summary: "An order's bill and credit note, oldest first",
    tag: "payments",
    auth: { roles: READ_ROLES },
    params: orderIdSchema,
    success: { status: 200, schema: z.strictObject({ bills: z.array(billEntrySchema) }) },
    problems: ["not-found"],
    async handle(request) {
      const { id } = request.params;
      await orderOf(parts, id, request);
      return jsonAnswer(200, { bills: (await parts.payments.bills.ofOrder(id)).map(billEntry) });
    },
  });
}

const yearSchema = z.coerce.number().int().min(1970).max(9999);
const numberSchema = z.coerce.number().int().min(1).max(1_000_000_000);

function bill(parts: PaymentRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/bills/{year}/{number}",
    name: "getBill",
    summary: "A bill or credit note by its number in its year",
    tag: "payments",
    auth: { roles: READ_ROLES },
    params: z.strictObject({ year: yearSchema, number: numberSchema }),
    success: { status: 200, schema: billBodySchema },
    problems: ["not-found"],
    handle: (request) => billed(parts, request.params, request, (shown) => jsonAnswer(200, billBody(shown))),
  });
}

function page(parts: PaymentRoutesParts): Route {
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": BILL_PAGE_POLICY };
  return route({
    method: "GET",
    path: "/api/v1/bills/{year}/{number}/page",
    name: "printBill",
    summary: "The same as a page to print",
    tag: "payments",
    auth: { roles: READ_ROLES },
    params: z.strictObject({ year: yearSchema, number: numberSchema }),
    success: { status: 200, description: "An HTML page", headers: { "content-type": "text/html" } },
    problems: ["not-found"],
    handle: (request) => billed(parts, request.params, request, (shown) => ({ status: 200, headers, body: billPage(shown) })),
  });
}

async function billed(
  parts: PaymentRoutesParts,
  { year, number }: { readonly year: number; readonly number: number },
  request: HttpRequest,
  render: (shown: ShownBill) => HttpAnswer,
): Promise<HttpAnswer> {
  const missing = `there is no bill ${year}-${number}`;
  const found = await parts.payments.bills.get(year, number);
  if (!found) throw notFound(missing);
  const order = await orderOf(parts, found.orderId, request, missing);
  return render(shownBill(found, order, found.kind === "bill" ? [] : await parts.payments.bills.ofOrder(found.orderId)));
}

/** The order, when the request may see it; another person's and a missing one answer alike. */
async function orderOf(
  { orders }: PaymentRoutesParts,
  orderId: string,
  request: HttpRequest,
  missing = `there is no order ${orderId}`,
): Promise<BilledOrder> {
  const order = await orders(orderId, request.context);
  const own = ownCustomer(request);
  if (!order || (own !== undefined && order.customerId !== own)) throw notFound(missing);
  return order;
}

function hook({ payments }: PaymentRoutesParts): Route {
  return route({
    method: "POST",
    path: "/hooks/card",
    name: "cardHook",
    summary: "What the card provider tells, signed by Standard Webhooks",
    tag: "hooks",
    auth: "public",
    rawBody: true,
    success: { status: 204, description: "Taken in" },
    problems: ["webhook-untrusted", "body-malformed"],
    async handle({ received, context }) {
      if (received) await payments.hooks.receive(received, context);
      return { status: 204, headers: {}, body: "" };
    },
  });
}
