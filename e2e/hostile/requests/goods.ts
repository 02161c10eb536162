import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const LIST = "POST /api/v1/products";
const GOOD = { productId: "lamp", name: "Lamp", price: { amount: "5.00", currency: "GBP" } };
const RECEIVE = "POST /api/v1/stock/teapot/receive";
const WRITE_OFF = "POST /api/v1/stock/teapot/write-off";

/** Products and stock that stay as they are. */
export const GOODS: readonly WrongRequest[] = [
  ...eachOf(["productId", "name", "price"] as const, (field) =>
    wrong(`a product without ${field}`, LIST, { ...GOOD, [field]: undefined }, 400, "request-invalid"),
  ),
  ...eachOf(["", "a b", "ü", "../x", "x".repeat(300), "a/b"], (productId) =>
    wrong(`a product called "${productId.slice(0, 10)}"`, LIST, { ...GOOD, productId }, 400, "request-invalid"),
  ),
  wrong("a price below zero", LIST, { ...GOOD, price: { amount: "-5.00", currency: "GBP" } }, 400, "request-invalid"),
  wrong("a price in yen with sen", LIST, { ...GOOD, price: { amount: "5.50", currency: "JPY" } }, 400, "invalid-amount"),
  wrong("a price for nothing", "POST /api/v1/products/nothing/price", GOOD.price, 404, "product-not-found"),
  wrong("a product that is not there", "GET /api/v1/products/nothing", undefined, 404, "not-found"),
  wrong("a search for no product", "GET /api/v1/products/search?q=", undefined, 400, "request-invalid"),
  wrong("products after a number", "GET /api/v1/products?limit=0", undefined, 400, "request-invalid"),
  ...eachOf([0, -1, 1.5, "5", 1e12, null], (quantity) =>
    wrong(`${JSON.stringify(quantity)} pieces received`, RECEIVE, { quantity, reference: "r" }, 400, "request-invalid"),
  ),
  wrong(
    "pieces of what is not sold",
    "POST /api/v1/stock/nothing/receive",
    { quantity: 1, reference: "r" },
    409,
    "unknown-product",
  ),
  wrong(
    "more written off than there is",
    "POST /api/v1/stock/rare/write-off",
    { quantity: 1, reason: "lost" },
    409,
    "insufficient-stock",
  ),
  wrong("written off without reason", WRITE_OFF, { quantity: 1 }, 400, "request-invalid"),
  wrong("stock of what is not sold", "GET /api/v1/stock/nothing", undefined, 404, "not-found"),
  wrong("a check of no items", "POST /api/v1/stock/check", { items: [] }, 400, "request-invalid"),
  wrong(
    "a check of half a piece",
    "POST /api/v1/stock/check",
    { items: [{ productId: "teapot", quantity: 0.5 }] },
    400,
    "request-invalid",
  ),
];
