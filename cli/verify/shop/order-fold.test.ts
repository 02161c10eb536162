import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isLineAmount } from "./order-amounts.ts";
import { foldOrder, orderRowText, type FoldedOrder, type OrderFact } from "./order-fold.ts";

const gbp = (minor: string) => ({ minor, currency: "GBP" });
const line = { productId: "mug", name: "Mug", quantity: 2, unitPrice: "8.50", amount: gbp("1700") };
const data = { orderId: "a", customer: {}, currency: "GBP", lines: [line], adjustments: [], total: gbp("1700"), placedAt: 1 };
const placed = (change: object = {}): OrderFact => ({
  type: "OrderPlaced",
  schemaVersion: 1,
  version: 1,
  data: { ...data, ...change },
});
const cancelled: OrderFact = { type: "OrderCancelled", schemaVersion: 1, version: 2, data: { reason: "late" } };
const faults = (change: object) => foldOrder("a", undefined, placed(change)).faults;

describe("the fold of an order", () => {
  test("is placed, then cancelled, and its row is canonical text", () => {
    const first = foldOrder("a", undefined, placed());
    const second = foldOrder("a", first.order, cancelled);
    assert.deepEqual([first.faults, second.faults], [[], []]);
    assert.match(
      orderRowText(second.order ?? assert.fail()),
      /^\{"order":\{"adjustments":\[\],"cancellation":\{"reason":"late"\},.*"status":"cancelled".*"version":2\}$/,
    );
  });

  test("finds events that no command can have made", () => {
    const { order } = foldOrder("a", undefined, placed());
    const twice = foldOrder("a", foldOrder("a", order, cancelled).order, cancelled);
    assert.deepEqual(twice.faults, ["OrderCancelled, but the order was cancelled"]);
    assert.deepEqual(foldOrder("a", undefined, cancelled).faults, ["OrderCancelled, but the order was not placed"]);
    assert.deepEqual(foldOrder("a", order, placed()).faults, ["placed again"]);
    assert.deepEqual(foldOrder("a", order, { ...cancelled, type: "OrderLost" }).faults, ["not an event of an order"]);
    assert.deepEqual(foldOrder("a", order, { ...cancelled, schemaVersion: 2 }).faults, ["an event of an unknown schema version"]);
  });

  test("follows an order to its end, and finds what cannot have happened on the way", () => {
    const shipment = { shipmentId: "s", carrier: "Post", trackingNumber: "T" };
    const change = (type: string, change: object = {}): OrderFact => ({ type, schemaVersion: 1, version: 2, data: change });
    const after = (...facts: readonly OrderFact[]) =>
      facts.reduce<{ order: FoldedOrder | undefined; faults: readonly string[] }>(
        ({ order, faults }, fact) => {
          const step = foldOrder("a", order, fact);
          return { order: step.order, faults: [...faults, ...step.faults] };
        },
        { order: undefined, faults: [] },
      );
    const confirmed = change("OrderConfirmed", { reservationId: "r", paymentId: "p", shipment });
    const held = change("OrderHeld", { reason: "odd" });
    const chosen = change("PaymentMethodChosen", { payment: { kind: "card", token: "t" } });
    const heldThere = change("OrderHeld", { reason: "wet", by: "shipment" });
    const releasedThere = change("OrderReleased", { by: "shipment" });
    const arrived = change("ParcelArrived");
    const whole = after(
      placed(),
      held,
      heldThere,
      change("ItemAdded", { line: { ...line, quantity: 3, amount: gbp("2550") }, total: gbp("2550") }),
      chosen,
      change("OrderReleased"),
      change("OrderReserved", { reservationId: "r" }),
      change("OrderPaid", { paymentId: "p" }),
      confirmed,
      arrived,
      releasedThere,
      change("OrderShipped", { trackingNumber: "T" }),
      change("OrderDelivered"),
    );
    assert.deepEqual(whole.faults, []);
    assert.equal(whole.order?.status, "delivered");
    assert.match(orderRowText(whole.order), /"quantity":3.*"shipment":.*"total":\{"currency":"GBP","minor":"2550"\}/);
    assert.deepEqual(after(placed(), confirmed, held, change("OrderShipped")).faults, ["shipped while on hold"]);
    assert.deepEqual(after(placed(), confirmed, heldThere, change("OrderShipped")).faults, ["shipped while on hold"]);
    assert.deepEqual(after(placed(), held, releasedThere).faults, ["released, but was not held"]);
    assert.deepEqual(after(placed(), arrived, arrived).faults, ["arrived twice"]);
    const left = change("ParcelLeft");
    assert.deepEqual(after(placed(), confirmed, held, left, change("OrderShipped")).faults, []);
    assert.deepEqual(after(placed(), left, left).faults, ["left twice"]);
    for (const said of [left, arrived]) {
      assert.deepEqual(after(placed(), said, cancelled).faults, ["given up after its parcel had left"]);
    }
    assert.deepEqual(after(placed(), held, held).faults, ["held twice"]);
    assert.deepEqual(after(placed(), change("OrderReleased")).faults, ["released, but was not held"]);
    assert.deepEqual(after(placed(), change("OrderReserved")).faults, ["an event without reservationId"]);
    assert.deepEqual(after(placed(), chosen, change("ItemAdded", { line, total: gbp("3400") })).faults, [
      "an item was added after the payment method was chosen",
    ]);
    assert.deepEqual(after(placed(), change("ItemAdded", { line, total: gbp("3400") })).faults, [
      "the total did not grow by the item that was added",
    ]);
    assert.deepEqual(after(placed(), confirmed, change("OrderShipped"), cancelled).faults, [
      "OrderCancelled, but the order was shipped",
    ]);
    assert.deepEqual(after(placed(), change("OrderFailed", { code: "x" })).faults, ["failed without a reason"]);
  });

  test("adds lines, taxes and adjustments up", () => {
    const taxed = { lines: [{ ...line, tax: gbp("340") }], adjustments: [{ kind: "discount", reason: "", amount: gbp("-40") }] };
    assert.deepEqual(faults({ ...taxed, total: gbp("2000") }), []);
    assert.deepEqual(faults({ ...taxed, total: gbp("2001") }), ["the total is not the sum of lines, taxes and adjustments"]);
    const paidBack = { adjustments: [{ kind: "discount", reason: "", amount: gbp("-1701") }], total: gbp("-1") };
    assert.deepEqual(faults(paidBack), ["the total is negative"]);
    assert.deepEqual(faults({ total: { minor: "1700", currency: "EUR" } }), [
      "an amount is none, or not of the order's currency",
    ]);
    assert.deepEqual(faults({ lines: [] }), ["there are no lines"]);
  });

  test("knows whose contact it may hold", () => {
    const block = (subject: string) => `sealed:1:${subject}:unt_1/0:${"A".repeat(24)}`;
    assert.deepEqual(faults({ customer: { contact: block("a") } }), []);
    assert.deepEqual(faults({ customer: { id: "cus_1", contact: block("cus_1") } }), []);
    for (const customer of [
      { contact: block("b") },
      { id: "cus_1", contact: block("a") },
      { contact: { email: "a@b.example" } },
    ]) {
      assert.equal(faults({ customer }).length, 1);
    }
  });
});

describe("the amount of a line", () => {
  const isRight = (quantity: number, unitPrice: string, amount: bigint, isImported = false, currency = "GBP") =>
    isLineAmount({ quantity, unitPrice, amount }, currency, isImported);

  test("is quantity × price, rounded half to even", () => {
    assert.ok(isRight(3, "2.55", 765n));
    assert.ok(!isRight(3, "2.55", 766n));
    assert.ok(isRight(1, "0.125", 12n) && isRight(1, "0.135", 14n) && isRight(1, "0.1251", 13n));
    assert.ok(!isRight(1, "0.125", 13n));
    assert.ok(isRight(2, "100", 200n, false, "JPY") && isRight(1, "1.2345", 1234n, false, "KWD"));
  });

  test("of an import may be off by half a minor unit a row that was merged, where prices are finer than the currency", () => {
    assert.ok(isRight(6, "2.555", 1_532n, true) && isRight(6, "2.555", 1_536n, true));
    assert.ok(!isRight(6, "2.555", 1_529n, true) && !isRight(6, "2.555", 1_537n, true));
    assert.ok(!isRight(6, "2.555", 1_532n, false), "an order of our own prices has no merged rows");
    assert.ok(!isRight(6, "2.55", 1_531n, true), "at a price of whole pence nothing is rounded");
    assert.ok(!isRight(1, "0.125", 13n, true), "one piece is one row");
    assert.ok(!isRight(1_000_000, "0.001", 100_501n, true), "an import has at most a thousand rows");
  });
});
