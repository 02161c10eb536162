import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openShop, SYSTEM_CONTEXT } from "@daybook/shop/shop";
import { carriedDay, sentOrder } from "../../cli/verify/trial/carried-day.ts";
import { call, codeOf } from "./call.ts";

void describe("the commands of returns", () => {
  const data = mkdtempSync(join(tmpdir(), "daybook-returns-"));
  let order = "";
  after(() => rmSync(data, { recursive: true, force: true }));
  before(async () => {
    const shop = await openShop({ data });
    await shop.catalogue.seed(SYSTEM_CONTEXT);
    await shop.inventory.receive("teapot", 100, SYSTEM_CONTEXT);
    await carriedDay(shop);
    order = await sentOrder(shop, 3);
    await shop.close();
  });

  const asked = (...words: readonly string[]) => call(["return", ...words, "--data", data, "--json"]);
  async function told(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const called = await asked(...words);
    assert.equal(called.code, 0, called.err);
    return JSON.parse(called.out) as Record<string, unknown>; // by --json
  }

  void test("ask for one, show it, receive its pieces, reject another", async () => {
    const words = ["request", order, "--item", "teapot:2", "--reason", "too big", "--idempotency-key", "k1"];
    const made = await told(...words);
    assert.deepEqual([made["status"], made["amount"]], ["accepted", { amount: "68.00", currency: "GBP" }]);
    assert.deepEqual(await told(...words), made);
    const id = String(made["id"]);
    assert.deepEqual(await told("get", id), made);
    assert.equal((await told("receive", id, "--write-off", "1"))["status"], "received");
    const rest = String((await told("request", order, "--reason", "the rest"))["id"]);
    assert.equal((await told("accept", rest))["status"], "accepted", "by rule; said again, it changes nothing");
    assert.equal((await told("reject", rest, "--reason", "worn"))["status"], "rejected");
    const shown = (await told("ls", "--order", order))["returns"] as readonly { id: string }[]; // by the route's schema
    assert.deepEqual(new Set(shown.map((each) => each.id)), new Set([id, rest]));
    assert.deepEqual(((await told("ls", "--status", "received"))["returns"] as unknown[]).length, 1); // likewise
    const { out } = await call(["return", "ls", "--data", data]);
    assert.match(out, /^RETURN +ORDER +STATUS +AMOUNT +CURRENCY +CREDIT NOTE +REQUESTED\n/);
  });

  void test("say what is wrong", async () => {
    const wrong: readonly (readonly [words: readonly string[], exit: number, code: string])[] = [
      [["request", order], 2, "usage-invalid"],
      [["request", order, "--item", ":", "--reason", "x"], 2, "usage-invalid"],
      [["request", order, "--item", "vase:1", "--reason", "x"], 4, "not-in-order"],
      [["request", order, "--item", "teapot:9", "--reason", "x"], 4, "too-many-returned"],
      [["request", "ord_none", "--reason", "x"], 3, "order-not-found"],
      [["get", "ret_none"], 3, "not-found"],
      [["receive", "ret_none"], 3, "return-not-found"],
      [["receive", "ret_none", "--write-off", "0"], 2, "usage-invalid"],
      [["reject", "ret_none"], 2, "usage-invalid"],
      [["ls", "--order", order, "--status", "received"], 2, "usage-invalid"],
      [["ls", "--status", "lost"], 2, "request-invalid"],
    ];
    for (const [words, exit, code] of wrong) {
      const called = await asked(...words);
      assert.deepEqual([called.code, codeOf(called)], [exit, code], words.join(" "));
    }
  });
});
