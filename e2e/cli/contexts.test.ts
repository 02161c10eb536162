import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openShop } from "@daybook/shop/shop";
import { call, codeOf, type Called } from "./call.ts";

describe("the contexts' commands", () => {
  const data = mkdtempSync(join(tmpdir(), "daybook-contexts-"));
  after(() => rmSync(data, { recursive: true, force: true }));

  const asked = (...words: readonly string[]): Promise<Called> => call([...words, "--data", data, "--json"]);

  async function told(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const called = await asked(...words);
    assert.equal(called.code, 0, called.err);
    return JSON.parse(called.out);
  }

  before(async () => {
    await (await openShop({ data })).close();
    await told("product", "list", "jug", "--name", "Stoneware jug", "--price", "12.00 GBP", "--wait");
  });

  test("list, price, find and show products", async () => {
    const price = { amount: "12.50", currency: "GBP" };
    assert.deepEqual((await told("product", "price", "jug", "--price", "12.50 GBP", "--if-version", "1"))["price"], price);
    assert.deepEqual(await told("product", "get", "jug"), { productId: "jug", name: "Stoneware jug", price });
    const { products } = await told("product", "search", "stone");
    assert.ok(Array.isArray(products) && products.some(({ productId }) => productId === "jug"));
    assert.ok((await asked("product", "ls", "--limit", "500")).out.includes('"jug"'));
    const stale = await asked("product", "price", "jug", "--price", "13.00 GBP", "--if-version", "1");
    assert.deepEqual([stale.code, codeOf(stale)], [4, "version-mismatch"]);
  });

  test("recommend what goes with a product, and say what the recommendation is", async () => {
    const { basis, isDegraded } = await told("product", "recommend", "jug");
    assert.deepEqual([basis, isDegraded], ["none", false]);
    const words = ["product", "recommend", "jug", "--data", data];
    assert.deepEqual([(await call(words)).err, (await call([...words, "--quiet"])).err], ["none\n", ""]);
    assert.equal((await asked("product", "recommend", "nothing")).code, 3);
  });

  test("receive, write off and show stock", async () => {
    const words = ["stock", "receive", "jug", "--quantity", "10", "--idempotency-key", "delivery-7"];
    assert.deepEqual((await told(...words))["onHand"], 10);
    assert.deepEqual((await told(...words))["onHand"], 10);
    assert.deepEqual((await told("stock", "write-off", "jug", "--quantity", "1", "--reason", "broken"))["onHand"], 9);
    assert.deepEqual((await told("stock", "get", "jug"))["writtenOff"], 1);
    const much = await asked("stock", "write-off", "jug", "--quantity", "10", "--reason", "lost");
    assert.deepEqual([much.code, codeOf(much)], [4, "insufficient-stock"]);
    assert.equal((await asked("stock", "receive", "jug")).code, 2);
  });

  test("open, fill, empty, close and list accounts", async () => {
    const { id } = await told("account", "open", "--owner", "cus_1");
    const account = String(id);
    const posting = ["--amount", "25.00 GBP", "--reason", "by hand"];
    assert.deepEqual((await told("account", "deposit", account, ...posting))["balance"], { amount: "25.00", currency: "GBP" });
    assert.equal((await asked("account", "close", account)).code, 4);
    await told("account", "withdraw", account, ...posting);
    assert.equal((await told("account", "close", account))["status"], "closed");
    assert.deepEqual((await told("account", "get", account))["transactions"], 2);
    const { accounts } = await told("account", "ls", "--owner", "cus_1");
    assert.ok(Array.isArray(accounts) && accounts.length === 1);
    for (const amount of ["25.00", "-1 GBP", "a lot"]) {
      const refused = await asked("account", "deposit", account, "--amount", amount, "--reason", "x");
      assert.deepEqual([refused.code, codeOf(refused)], [2, "usage-invalid"]);
    }
  });

  test("add to an order, hold and release it, and say how it is paid", async () => {
    const { id } = await told("order", "place", "--item", "jug:2");
    const order = String(id);
    assert.equal((await asked("order", "add-item", order, "--item", "jug")).code, 2);
    assert.equal((await told("order", "add-item", order, "--item", "jug:3", "--if-version", "1"))["version"], 2);
    await told("order", "hold", order, "--reason", "odd");
    assert.deepEqual((await told("order", "get", order))["hold"], { reason: "odd" });
    await told("order", "release", order);
    assert.equal((await asked("order", "choose-payment", order)).code, 2);
    await told("order", "choose-payment", order, "--card", "tok_ok");
    const again = await asked("order", "choose-payment", order, "--account", "acc_1");
    assert.deepEqual([again.code, codeOf(again)], [4, "payment-chosen"]);
    assert.equal((await told("order", "get", order))["itemCount"], 5);
    const { out } = await call(["order", "get", order, "--data", data]);
    assert.match(out, /^status +placed$/m);
    assert.match(out, /^PRODUCT +NAME +PIECES +UNIT PRICE +AMOUNT\njug +Stoneware jug +5 +12\.50 +62\.50$/m);
    assert.match(out, /^TIME +STEP +REASON\n\S+ +order-placed\n\S+ +item-added\n\S+ +order-held +odd\n\S+ +order-released\n/m);
  });

  test("list orders by payment, shipment and time", async () => {
    const { orders } = await told("order", "ls");
    assert.ok(Array.isArray(orders) && orders.length === 1);
    const listed = async (...flags: readonly string[]) => (await told("order", "ls", ...flags))["orders"];
    assert.deepEqual(await listed("--placed-from", "2020-01-01"), orders);
    for (const flags of [
      ["--placed-before", "2020-01-01"],
      ["--payment", "completed"],
      ["--shipment", "delivered"],
    ]) {
      assert.deepEqual(await listed(...flags), []);
    }
  });
});
