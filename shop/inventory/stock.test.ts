import { describe, test } from "node:test";
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { specification } from "@daybook/testing/specification";
import type { StockEvent } from "./events.ts";
import { decideStock, evolveStock, stockDecider, type StockCommand } from "./stock.ts";

const { given } = specification(stockDecider("mug"));
const forOrder = { productId: "mug", reservationId: "res_1", orderId: "ord_1" };
const received = (quantity: number): StockEvent => ({ type: "StockReceived", data: { productId: "mug", quantity } });
const reserved = (quantity: number): StockEvent => ({ type: "StockReserved", data: { ...forOrder, quantity } });
const pieces = (quantity: number) => ({ quantity, reservationId: "res_1", orderId: "ord_1" });
const reserve = (quantity: number): StockCommand => ({ type: "reserve", ...pieces(quantity) });

void describe("the stock of a product", () => {
  void test("what is received can be reserved, and no more", () => {
    given(received(10)).when(reserve(10)).thenHappens(reserved(10));
    given(received(10), reserved(4))
      .when(reserve(7))
      .thenRefused("insufficient-stock", { short: [{ productId: "mug", requested: 7, available: 6 }] });
    given().when(reserve(1)).thenRefused("insufficient-stock");
  });

  void test("what is reserved is released or shipped, and no more", () => {
    const release: StockCommand = { ...pieces(4), type: "release", reason: "late" };
    const state = given(received(10), reserved(4))
      .when(release)
      .thenHappens({ type: "StockReleased", data: { ...forOrder, quantity: 4, reason: "late" } });
    assert.deepEqual(state, { productId: "mug", onHand: 10, reserved: 0, shipped: 0, writtenOff: 0, received: 10 });
    given(received(10), reserved(4))
      .when({ ...pieces(4), type: "ship" })
      .thenHappens({ type: "StockShipped", data: { ...forOrder, quantity: 4 } });
    given(received(10), reserved(3)).when(release).thenRefused("not-reserved");
    given(received(10), reserved(3))
      .when({ ...pieces(4), type: "ship" })
      .thenRefused("not-reserved");
  });

  void test("what is on hand is written off, with a reason; what is reserved is not", () => {
    given(received(10), reserved(4))
      .when({ type: "write-off", quantity: 6, reason: "broken" })
      .thenHappens({ type: "StockWrittenOff", data: { productId: "mug", quantity: 6, reason: "broken" } });
    given(received(10), reserved(4)).when({ type: "write-off", quantity: 7, reason: "broken" }).thenRefused("insufficient-stock");
  });

  void test("what has left comes back, on hand or written off, and no more", () => {
    const shipped: StockEvent = { type: "StockShipped", data: { ...forOrder, quantity: 4 } };
    const about = { orderId: "ord_1", returnId: "ret_1", reason: "too big" };
    const back = given(received(10), reserved(4), shipped)
      .when({ type: "take-back", ...about, quantity: 3, writtenOff: 1 })
      .thenHappens({ type: "StockReturned", data: { productId: "mug", ...about, quantity: 3, writtenOff: 1 } });
    assert.deepEqual(back, { productId: "mug", onHand: 8, reserved: 0, shipped: 1, writtenOff: 1, received: 10 });
    given(received(10), reserved(4), shipped)
      .when({ type: "take-back", ...about, quantity: 5, writtenOff: 0 })
      .thenRefused("not-shipped");
  });

  void test("is never negative and is conserved, whatever is asked", () => {
    const quantity = fc.integer({ min: 1, max: 20 });
    const command = fc.oneof(
      fc.record({ type: fc.constant("receive" as const), quantity }),
      fc.record({ type: fc.constant("write-off" as const), quantity, reason: fc.constant("x") }),
      quantity.map((back): StockCommand => ({
        type: "take-back",
        orderId: "ord_1",
        returnId: "ret_1",
        quantity: back,
        writtenOff: back >> 1,
        reason: "x",
      })),
      ...(["reserve", "ship"] as const).map((type) => quantity.map((count): StockCommand => ({ type, ...pieces(count) }))),
      quantity.map((count): StockCommand => ({ type: "release", reason: "x", ...pieces(count) })),
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let stock = stockDecider("mug").initial;
        for (const each of commands) {
          const decision = decideStock(each, stock);
          if ("refusal" in decision) continue;
          accepted++;
          stock = decision.events.reduce(evolveStock, stock);
          const { onHand, reserved, shipped, writtenOff, received } = stock;
          assert.ok([onHand, reserved, shipped, writtenOff].every((pieces) => pieces >= 0));
          assert.equal(received, onHand + reserved + shipped + writtenOff);
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(accepted > 100, `${accepted} commands were accepted`);
  });
});
