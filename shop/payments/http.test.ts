import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { webhookSignature } from "@daybook/network/http/webhooks";
import { httpTrial } from "@daybook/testing/http-trial";
import type { BilledOrder } from "./bills/billed-order.ts";
import { context, HOOK_SECRET, trialPayments } from "./conformance/trial.ts";
import { PAYMENT_STATUSES, paymentRoutes } from "./http.ts";
import { chargeKey } from "./payments.ts";

const ten = money(1_000n, "GBP");
const ORDER: BilledOrder = {
  customerId: "cus_1",
  recipient: ["Zoë <b>Quill</b>"],
  lines: [{ productId: "mug", name: `"Mug" & <script>`, quantity: 2, unitPrice: "5.00", amount: ten }],
  adjustments: [],
};

function trial() {
  const around = trialPayments();
  const { clock, store, ids, provider } = around;
  const routes = paymentRoutes({
    payments: around.service(),
    store,
    ids,
    orders: async (orderId) => (orderId.startsWith("ord_") ? ORDER : undefined),
  });
  const { ask } = httpTrial({ routes, clock, statuses: PAYMENT_STATUSES, customers: ["cus_1", "cus_2"] });
  async function opened(as = "cus_1"): Promise<string> {
    const { status, headers } = await ask("POST", "/api/v1/accounts", { as, body: { currency: "GBP" } });
    assert.equal(status, 201);
    return String(headers["location"]);
  }
  async function paid(orderId: string, token = "tok_ok"): Promise<void> {
    await around.payments.charge({ orderId, amount: ten, method: { kind: "card", token } }, { context });
  }
  const year = new Date(clock.now()).getUTCFullYear();
  return { ...around, ask, opened, paid, year, provider };
}

void describe("accounts over HTTP", () => {
  void test("are opened by customers for themselves, filled by operators, emptied by both, and closed", async () => {
    const { ask, opened } = trial();
    const account = await opened();
    const posting = { amount: "25.00", currency: "GBP", reason: "by hand" };
    assert.equal((await ask("POST", `${account}/deposit`, { as: "cus_1", body: posting })).status, 403);
    const headers = { "idempotency-key": "k1" };
    const deposited = await ask("POST", `${account}/deposit`, { body: posting, headers });
    assert.deepEqual([deposited.status, deposited.json["balance"]], [200, { amount: "25.00", currency: "GBP" }]);
    assert.equal((await ask("POST", `${account}/deposit`, { body: posting, headers })).text, deposited.text);
    const much = await ask("POST", `${account}/withdraw`, { as: "cus_1", body: { ...posting, amount: "25.01" } });
    assert.deepEqual([much.status, much.json["code"]], [409, "insufficient-funds"]);
    assert.equal((await ask("POST", `${account}/close`, { as: "cus_1", body: {} })).json["code"], "account-not-empty");
    assert.equal((await ask("POST", `${account}/withdraw`, { as: "cus_1", body: posting })).status, 200);
    assert.equal((await ask("POST", `${account}/close`, { as: "cus_1", body: {}, headers: { "if-match": '"1"' } })).status, 412);
    assert.equal((await ask("POST", `${account}/close`, { as: "cus_1", body: {} })).json["status"], "closed");
    const shown = await ask("GET", account, { as: "cus_1" });
    assert.deepEqual([shown.json["status"], shown.json["transactions"], shown.headers["etag"]], ["closed", 2, '"4"']);
  });

  void test("are shown to their owners and to operators; another's and a missing one answer alike", async () => {
    const { ask, opened } = trial();
    const [mine, other] = [await opened(), await opened("cus_2")];
    for (const target of [other, "/api/v1/accounts/acc_none"]) {
      assert.equal((await ask("GET", target, { as: "cus_1" })).status, 404);
      assert.equal((await ask("POST", `${target}/close`, { as: "cus_1", body: {} })).status, 404);
    }
    const idsOf = async (as: string, query = "") => {
      const { json } = await ask("GET", `/api/v1/accounts${query}`, { as });
      return (json["accounts"] as readonly { id: string }[]).map(({ id }) => `/api/v1/accounts/${id}`);
    };
    assert.deepEqual(await idsOf("cus_1", "?owner=cus_2"), [mine]);
    assert.deepEqual(await idsOf("viewer", "?owner=cus_2"), [other]);
    const { json } = await ask("GET", "/api/v1/accounts?limit=1");
    const next = await ask("GET", `/api/v1/accounts?limit=1&cursor=${String(json["next"])}`);
    assert.deepEqual([next.json["next"], (next.json["accounts"] as readonly unknown[]).length], [undefined, 1]);
  });

  void test("are summed while they are open, beside what the house holds", async () => {
    const { ask, opened, project } = trial();
    const account = await opened();
    await ask("POST", `${account}/deposit`, { body: { amount: "3.00", currency: "GBP", reason: "x" } });
    await project();
    const { json: totals } = await ask("GET", "/api/v1/accounts/total");
    assert.deepEqual(totals, { totals: [{ accounts: 1, total: { amount: "3.00", currency: "GBP" } }] });
    const { json: ledger } = await ask("GET", "/api/v1/ledger");
    assert.deepEqual(ledger, { balances: [{ account: "house:bank", balance: { amount: "-3.00", currency: "GBP" } }] });
    assert.equal((await ask("GET", "/api/v1/ledger", { as: "cus_1" })).status, 403);
  });

  void test("take no amounts that are none", async () => {
    const { ask, opened } = trial();
    const account = await opened();
    const bad = [{ amount: "1.001" }, { amount: "1e3" }, { amount: "0" }, { amount: "-1.00" }, { amount: "1", currency: "gbp" }];
    for (const change of bad) {
      const body = { currency: "GBP", reason: "x", ...change };
      assert.equal((await ask("POST", `${account}/deposit`, { body })).status, 400, JSON.stringify(change));
    }
    const euros = await ask("POST", `${account}/deposit`, { body: { amount: "1", currency: "EUR", reason: "x" } });
    assert.deepEqual([euros.status, euros.json["code"]], [409, "currency-differs"]);
  });
});

void describe("payments and bills over HTTP", () => {
  void test("an order's payment is shown to its customer, with its failures", async () => {
    const { ask, paid } = trial();
    await paid("ord_1", "tok_no");
    const { status, json } = await ask("GET", "/api/v1/orders/ord_1/payment", { as: "cus_1" });
    const failures = (json["failures"] as readonly { code: string }[]).map(({ code }) => code);
    assert.deepEqual([status, json["status"], failures], [200, "declined", ["payment-declined"]]);
    for (const [as, target] of [
      ["cus_2", "ord_1"],
      ["cus_1", "ord_2"],
      ["operator", "none"],
    ]) {
      assert.equal((await ask("GET", `/api/v1/orders/${target}/payment`, { as: as ?? "" })).status, 404);
    }
  });

  void test("bills are numbered by year, credit notes with them, and shown to the order's customer only", async () => {
    const { ask, paid, payments, year } = trial();
    await paid("ord_1");
    await paid("ord_2");
    await payments.cancel({ orderId: "ord_1", method: { kind: "card", token: "tok_ok" }, reason: "late" }, { context });
    const { json } = await ask("GET", "/api/v1/orders/ord_1/bills", { as: "cus_1" });
    const list = json["bills"] as readonly { id: string; kind: string }[];
    assert.deepEqual(
      list.map(({ id, kind }) => [id, kind]),
      [
        [`${year}-1`, "bill"],
        [`${year}-3`, "credit-note"],
      ],
    );
    const bill = await ask("GET", `/api/v1/bills/${year}/2`, { as: "cus_1" });
    assert.deepEqual([bill.json["orderId"], bill.json["status"]], ["ord_2", "paid"]);
    assert.deepEqual(bill.json["total"], { amount: "10.00", currency: "GBP" });
    for (const number of ["4", "0", "x", "1.5"]) {
      assert.ok([400, 404].includes((await ask("GET", `/api/v1/bills/${year}/${number}`)).status), number);
    }
    assert.equal((await ask("GET", `/api/v1/bills/${year}/2`, { as: "cus_2" })).status, 404);
  });

  void test("a credit note of a part shows its lines, and the bill that it corrects", async () => {
    const { ask, paid, payments, year } = trial();
    await paid("ord_1");
    const four = money(400n, "GBP");
    const lines = [{ line: 1, quantity: 1, amount: four }];
    await payments.giveBack({ orderId: "ord_1", refundId: "ret_1", amount: four, reason: "too big", lines }, { context });
    const { json } = await ask("GET", `/api/v1/bills/${year}/2`, { as: "cus_1" });
    const amount = { amount: "4.00", currency: "GBP" };
    assert.deepEqual(
      [json["kind"], json["status"], json["corrects"], json["total"]],
      ["credit-note", "paid-back", `${year}-1`, amount],
    );
    assert.deepEqual(json["lines"], [{ productId: "mug", name: `"Mug" & <script>`, quantity: 1, unitPrice: "5.00", amount }]);
    const page = await ask("GET", `/api/v1/bills/${year}/2/page`, { as: "cus_1" });
    assert.ok(page.text.includes(`Credit note ${year}-2`) && page.text.includes(`To bill ${year}-1`));
    assert.ok(page.text.includes("4.00 GBP") && !page.text.includes("10.00"));
    const payment = await ask("GET", "/api/v1/orders/ord_1/payment");
    assert.deepEqual([payment.json["status"], payment.json["givenBack"]], ["completed", amount]);
  });

  void test("a bill is a page to print, in which nothing that people wrote is markup", async () => {
    const { ask, paid, year } = trial();
    await paid("ord_1");
    const { status, headers, text } = await ask("GET", `/api/v1/bills/${year}/1/page`, { as: "cus_1" });
    assert.equal(status, 200);
    assert.match(String(headers["content-type"]), /^text\/html/);
    assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/);
    assert.ok(text.includes("Zoë &lt;b&gt;Quill&lt;/b&gt;") && text.includes("&quot;Mug&quot; &amp; &lt;script&gt;"));
    assert.doesNotMatch(text, /<script|<b>/);
    assert.ok(text.includes("10.00 GBP"));
    assert.equal((await ask("GET", `/api/v1/bills/${year}/1/page`, { as: "cus_2" })).status, 404);
  });
});

void describe("the card provider's web hook over HTTP", () => {
  void test("is taken in with its signature and without a token; forged, it is refused", async () => {
    const { ask, paid, clock } = trial();
    await paid("ord_1", "tok_pending");
    const data = { id: "ch_0", key: chargeKey("ord_1"), reference: "ord_1", amountMinor: 1_000, currency: "GBP" };
    const text = JSON.stringify({ type: "charge.settled", data: { ...data, status: "succeeded" } });
    const seconds = Math.floor(clock.now() / 1000);
    const headers = {
      authorization: "",
      "webhook-id": "h_1",
      "webhook-timestamp": String(seconds),
      "webhook-signature": webhookSignature(HOOK_SECRET, "h_1", seconds, text),
    };
    const forged = await ask("POST", "/hooks/card", { text: text.replace("1000", "9999"), headers });
    assert.deepEqual([forged.status, forged.json["code"]], [401, "webhook-untrusted"]);
    assert.equal((await ask("GET", "/api/v1/orders/ord_1/payment")).json["status"], "pending");
    assert.equal((await ask("POST", "/hooks/card", { text, headers })).status, 204);
    assert.equal((await ask("POST", "/hooks/card", { text, headers })).status, 204);
    assert.equal((await ask("GET", "/api/v1/orders/ord_1/payment")).json["status"], "completed");
  });
});
