import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { hostileShop, type HostileShop } from "./hostile-shop.ts";
import { CUSTOMERS_CHANGED, REGISTRATIONS } from "./requests/customers.ts";
import { GOODS } from "./requests/goods.ts";
import { HOOKS } from "./requests/hooks.ts";
import { IDENTITY } from "./requests/identity.ts";
import { MONEY } from "./requests/money.ts";
import { OPERATIONS } from "./requests/operations.ts";
import { ORDERS_CHANGED, ORDERS_PLACED, ORDERS_READ } from "./requests/orders.ts";
import { POSITIONS } from "./requests/positions.ts";
import { SYNTAX } from "./requests/syntax.ts";
import { send, type WrongRequest } from "./wrong-request.ts";

const CLASSES: Readonly<Record<string, readonly WrongRequest[]>> = {
  "bodies and headers": SYNTAX,
  identity: IDENTITY,
  "orders to be placed": ORDERS_PLACED,
  "changes of orders": ORDERS_CHANGED,
  "reads of orders": ORDERS_READ,
  positions: POSITIONS,
  "registrations and log-ins": REGISTRATIONS,
  "changes of customers": CUSTOMERS_CHANGED,
  money: MONEY,
  "products and stock": GOODS,
  "operators' work": OPERATIONS,
  "web hooks": HOOKS,
};

let shop: HostileShop;
before(async () => void (shop = await hostileShop()));
after(() => shop.stop());

for (const [name, requests] of Object.entries(CLASSES)) {
  describe(`a wrong request has its code and changes nothing: ${name}`, () => {
    for (const wrong of requests) {
      test(`${wrong.name}: ${wrong.status} ${wrong.code}`, async () => {
        const state = shop.state();
        const { status, type, text } = await send(shop, wrong);
        assert.match(type, /^application\/problem\+json/, `${status} ${text}`);
        const problem = JSON.parse(text);
        assert.deepEqual([status, problem.code, problem.status], [wrong.status, wrong.code, wrong.status], text);
        assert.doesNotMatch(text, /node_modules|\.ts:|SELECT|at .*\(/, "nothing of the inside is told");
        assert.equal(shop.state(), state, "head and rows are unchanged");
      });
    }
  });
}

test("a hostile shop is still there, and takes what is right", async () => {
  const headers = { authorization: `Bearer ${shop.tokens.ada}`, "content-type": "application/json" };
  const body = JSON.stringify({ items: [{ productId: "teapot", quantity: 1 }] });
  const state = shop.state();
  assert.equal((await fetch(`${shop.url}/api/v1/orders`, { method: "POST", headers, body })).status, 201);
  assert.notEqual(shop.state(), state, "the digest sees what changes");
});
