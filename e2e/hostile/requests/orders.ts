import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const PLACE = "POST /api/v1/orders";
const ITEM = { productId: "teapot", quantity: 1 };

/** Orders that are not taken. */
export const ORDERS_PLACED: readonly WrongRequest[] = [
  ...eachOf(["null", "7", '"order"', "[]", "true"], (body) => wrong(`${body} as an order`, PLACE, body, 400, "request-invalid")),
  wrong("an order without items", PLACE, { customerId: "{ada}" }, 400, "request-invalid"),
  wrong("no items", PLACE, { customerId: "{ada}", items: [] }, 400, "request-invalid"),
  wrong("items as a record", PLACE, { customerId: "{ada}", items: { 0: ITEM } }, 400, "request-invalid"),
  ...eachOf([0, -1, 1.5, "1", null, 1e9, Number.MAX_SAFE_INTEGER], (quantity) =>
    wrong(
      `a quantity of ${JSON.stringify(quantity)}`,
      PLACE,
      { customerId: "{ada}", items: [{ ...ITEM, quantity }] },
      400,
      "request-invalid",
    ),
  ),
  wrong("1,001 lines", PLACE, { items: Array.from({ length: 1_001 }, () => ITEM) }, 400, "request-invalid"),
  wrong("a product that is not sold", PLACE, { items: [{ productId: "nothing", quantity: 1 }] }, 409, "unknown-product"),
  wrong("a product without id", PLACE, { items: [{ productId: "", quantity: 1 }] }, 400, "request-invalid"),
  wrong(
    "a product id of 10,000 characters",
    PLACE,
    { items: [{ productId: "p".repeat(10_000), quantity: 1 }] },
    400,
    "request-invalid",
  ),
  wrong("a product id with a line break", PLACE, { items: [{ productId: "tea\npot", quantity: 1 }] }, 400, "request-invalid"),
  wrong("another price", PLACE, { items: [{ ...ITEM, unitPrice: "0.01" }] }, 409, "price-differs"),
  wrong("a price with fractions of a penny", PLACE, { items: [{ ...ITEM, unitPrice: "1.001" }] }, 409, "price-differs"),
  wrong("a price as a number", PLACE, { items: [{ ...ITEM, unitPrice: 1 }] }, 400, "request-invalid"),
  wrong("a negative price", PLACE, { items: [{ ...ITEM, unitPrice: "-1.00" }] }, 400, "request-invalid"),
  wrong("a field of the server's", PLACE, { items: [ITEM], status: "paid" }, 400, "request-invalid"),
  wrong("a total of one's own", PLACE, { items: [ITEM], total: { amount: "0.01", currency: "GBP" } }, 400, "request-invalid"),
  wrong("a payment of an unknown kind", PLACE, { items: [ITEM], payment: { kind: "gold" } }, 400, "request-invalid"),
  wrong("a card without token", PLACE, { items: [ITEM], payment: { kind: "card" } }, 400, "request-invalid"),
  wrong(
    "a card's number as token",
    PLACE,
    { items: [ITEM], payment: { kind: "card", number: "4111111111111111" } },
    400,
    "request-invalid",
  ),
  wrong("a contact whose e-mail is none", PLACE, { items: [ITEM], contact: { email: "not an address" } }, 400, "request-invalid"),
  wrong(
    "a header in a name",
    PLACE,
    { items: [ITEM], contact: { email: "a@b.example\r\nBcc: c@d.example" } },
    400,
    "request-invalid",
  ),
  wrong("an order for somebody else", PLACE, { customerId: "{ben}", items: [ITEM] }, 403, "forbidden", { as: "ada" }),
  wrong("an order by nobody", PLACE, { items: [ITEM] }, 401, "unauthenticated", { as: "nobody" }),
];

const CANCEL = "POST /api/v1/orders/{order}/cancel";

/** What is asked of orders that does not go. */
export const ORDERS_CHANGED: readonly WrongRequest[] = [
  wrong("a cancellation without reason", CANCEL, {}, 400, "request-invalid"),
  wrong("a cancellation with an empty reason", CANCEL, { reason: "" }, 400, "request-invalid"),
  wrong("a cancellation with a reason of 10,000 characters", CANCEL, { reason: "r".repeat(10_000) }, 400, "request-invalid"),
  wrong("a cancellation with a number", CANCEL, { reason: 7 }, 400, "request-invalid"),
  wrong("cancelling what is cancelled", "POST /api/v1/orders/{cancelled}/cancel", { reason: "again" }, 409, "illegal-transition"),
  wrong("cancelling what is not there", "POST /api/v1/orders/ord_none/cancel", { reason: "x" }, 404, "order-not-found"),
  wrong("cancelling another's order", CANCEL, { reason: "x" }, 404, "order-not-found", { as: "ben" }),
  wrong("cancelling under an old version", CANCEL, { reason: "x" }, 412, "version-mismatch", { headers: { "if-match": '"9"' } }),
  wrong("an item without version", "POST /api/v1/orders/{order}/items", ITEM, 428, "precondition-required"),
  wrong("an item under an old version", "POST /api/v1/orders/{order}/items", ITEM, 412, "version-mismatch", {
    headers: { "if-match": '"7"' },
  }),
  wrong("an item for what is cancelled", "POST /api/v1/orders/{cancelled}/items", ITEM, 409, "illegal-transition", {
    headers: { "if-match": '"2"' },
  }),
  wrong(
    "an item that is not sold",
    "POST /api/v1/orders/{order}/items",
    { productId: "nothing", quantity: 1 },
    409,
    "unknown-product",
    {
      headers: { "if-match": '"1"' },
    },
  ),
  wrong("an unknown way to pay", "POST /api/v1/orders/{order}/payment", { kind: "barter" }, 400, "request-invalid"),
  wrong(
    "two ways to pay",
    "POST /api/v1/orders/{order}/payment",
    { kind: "card", token: "t", accountId: "a" },
    400,
    "request-invalid",
  ),
  wrong(
    "paying for what is cancelled",
    "POST /api/v1/orders/{cancelled}/payment",
    { kind: "card", token: "tok_ok" },
    409,
    "illegal-transition",
  ),
  wrong("a hold without reason", "POST /api/v1/orders/{order}/hold", {}, 400, "request-invalid"),
  wrong("a hold by a customer", "POST /api/v1/orders/{order}/hold", { reason: "x" }, 403, "forbidden", { as: "ada" }),
  wrong("a release with a field", "POST /api/v1/orders/{order}/release", { now: true }, 400, "request-invalid"),
  wrong(
    "a hold on a shipment that is not there",
    "POST /api/v1/orders/{order}/shipment/hold",
    { reason: "x" },
    404,
    "shipment-missing",
  ),
  wrong(
    "a release of a shipment that is not there",
    "POST /api/v1/orders/{order}/shipment/release",
    undefined,
    404,
    "shipment-missing",
  ),
];

/** Orders that are asked for as they are not. */
export const ORDERS_READ: readonly WrongRequest[] = [
  wrong("an order that is not there", "GET /api/v1/orders/ord_none", undefined, 404, "not-found"),
  wrong("another's order", "GET /api/v1/orders/{order}", undefined, 404, "not-found", { as: "ben" }),
  wrong("another's orders", "GET /api/v1/orders/customer/{ada}", undefined, 404, "not-found", { as: "ben" }),
  wrong("all orders, by a customer", "GET /api/v1/orders", undefined, 403, "forbidden", { as: "ada" }),
  ...eachOf(["0", "-1", "1.5", "x", "99999999999999999999"], (version) =>
    wrong(`version ${version}`, `GET /api/v1/orders/{order}?version=${version}`, undefined, 400, "request-invalid"),
  ),
  wrong("a time that is none", "GET /api/v1/orders/{order}?at=yesterday", undefined, 400, "request-invalid"),
  wrong("a version that does not exist yet", "GET /api/v1/orders/{order}?version=900", undefined, 404, "not-found"),
  wrong("an order before it was placed", "GET /api/v1/orders/{order}?at=2026-01-01T00:00:00Z", undefined, 404, "not-found"),
  wrong("an unknown status", "GET /api/v1/orders?status=lost", undefined, 400, "request-invalid"),
  ...eachOf(["0", "-5", "1001", "many"], (limit) =>
    wrong(`a limit of ${limit}`, `GET /api/v1/orders?limit=${limit}`, undefined, 400, "request-invalid"),
  ),
  wrong("a cursor of one's own", "GET /api/v1/orders?cursor=aGVsbG8", undefined, 400, "cursor-invalid"),
  wrong("a cursor with SQL in it", "GET /api/v1/orders?cursor='%20OR%201=1--", undefined, 400, "cursor-invalid"),
  wrong("a page and a cursor", "GET /api/v1/orders?page=1&cursor=x", undefined, 400, "request-invalid"),
  wrong("page 0", "GET /api/v1/orders?page=0&pageSize=10", undefined, 400, "request-invalid"),
  wrong("a search for nothing", "GET /api/v1/orders/search?q=", undefined, 400, "request-invalid"),
  wrong("a search without words", "GET /api/v1/orders/search", undefined, 400, "request-invalid"),
  wrong("a search of 5,000 characters", `GET /api/v1/orders/search?q=${"q".repeat(5_000)}`, undefined, 400, "request-invalid"),
  wrong("a search by a customer", "GET /api/v1/orders/search?q=ada", undefined, 403, "forbidden", { as: "ada" }),
  wrong("the life of what is not there", "GET /api/v1/orders/ord_none/life", undefined, 404, "not-found"),
  wrong("the life of an order, by a customer", "GET /api/v1/orders/{order}/life", undefined, 403, "forbidden", { as: "ada" }),
  wrong("the progress of another's order", "GET /api/v1/orders/{order}/events", undefined, 404, "not-found", { as: "ben" }),
  wrong("bills of another's order", "GET /api/v1/orders/{order}/bills", undefined, 404, "not-found", { as: "ben" }),
  wrong("the payment of an order that has none", "GET /api/v1/orders/{order}/payment", undefined, 404, "not-found"),
];
