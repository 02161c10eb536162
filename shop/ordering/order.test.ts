import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { specification } from "@daybook/testing/specification";
import { mugs, orderOf } from "./conformance/trial.ts";
import type { OrderEvent } from "./events.ts";
import { orderDecider, orderStates, type OrderAction, type OrderCommand, type OrderStatus } from "./order.ts";

const { given } = specification(orderDecider);

const placed: OrderEvent = { type: "OrderPlaced", data: orderOf(), occurredAt: 1_000 };
const cancelled: OrderEvent = { type: "OrderCancelled", data: { reason: "too late" } };

/** How each state is reached, and what each action is as a command. */
const REACHED: Readonly<Record<OrderStatus, readonly OrderEvent[]>> = {
  absent: [],
  placed: [placed],
  cancelled: [placed, cancelled],
};
const COMMANDS: Readonly<Record<OrderAction, OrderCommand>> = {
  place: { type: "place", order: orderOf() },
  cancel: { type: "cancel", reason: "too late" },
};
const EVENTS: Readonly<Record<OrderAction, OrderEvent>> = { place: placed, cancel: cancelled };
const states = Object.keys(REACHED) as OrderStatus[];
const actions = Object.keys(COMMANDS) as OrderAction[];

void describe("an order's states", () => {
  for (const status of states) {
    void test(`${status} is reached`, () => {
      assert.equal(given(...REACHED[status]).state.status, status);
    });

    for (const action of actions) {
      const next = orderStates.next(status, action);
      if (next) {
        void test(`${status}: "${action}" leads to ${next}`, () => {
          const after = given(...REACHED[status])
            .when(COMMANDS[action])
            .thenHappens(EVENTS[action]);
          assert.equal(after.status, next);
        });
      } else {
        void test(`${status}: "${action}" is refused, with the state that refused`, () => {
          const refused = given(...REACHED[status]).when(COMMANDS[action]);
          if (status === "absent") refused.thenRefused("order-not-found");
          else if (action === "place") refused.thenRefused("order-exists", { status });
          else refused.thenRefused("illegal-transition", { status, legal: orderStates.legal(status) });
        });
      }
    }
  }

  void test("nothing is legal in a cancelled order, and every state but the first is reached", () => {
    assert.deepEqual(orderStates.terminal, ["cancelled"]);
    assert.deepEqual(
      states.filter((status) => !states.some((from) => actions.some((action) => orderStates.next(from, action) === status))),
      ["absent"],
    );
  });
});

void describe("placing", () => {
  const place = (more: Parameters<typeof orderOf>[0]) => given().when({ type: "place", order: orderOf(more) });

  void test("keeps what was ordered, and when", () => {
    const state = place({}).thenHappens(placed);
    assert.deepEqual(state, { ...orderOf(), status: "placed" });
  });

  void test("the total is the sum of lines, taxes and adjustments", () => {
    const lines = [{ ...mugs(2), tax: money(340n, "GBP") }];
    const adjustments = [{ kind: "discount", reason: "Friend", amount: money(-40n, "GBP") }];
    const order = orderOf({ lines, adjustments, total: money(2_000n, "GBP") });
    given().when({ type: "place", order }).thenHappens({ type: "OrderPlaced", data: order, occurredAt: 1_000 });
    place({ lines, adjustments, total: money(2_001n, "GBP") }).thenRefused("total-differs", { total: money(2_000n, "GBP") });
  });

  void test("an order has one currency, in lines, taxes, adjustments and total", () => {
    const euro = money(1_700n, "EUR");
    place({ lines: [mugs(2), { ...mugs(2), amount: euro }] }).thenRefused("mixed-currencies", { currency: "GBP" });
    place({ lines: [{ ...mugs(2), tax: euro }] }).thenRefused("mixed-currencies");
    place({ adjustments: [{ kind: "postage", reason: "", amount: euro }] }).thenRefused("mixed-currencies");
    place({ total: euro }).thenRefused("total-differs");
  });

  void test("a total is never negative; nothing to pay is", () => {
    const discount = (minor: bigint) => [{ kind: "discount", reason: "", amount: money(minor, "GBP") }];
    place({ adjustments: discount(-1_701n), total: money(-1n, "GBP") }).thenRefused("total-negative");
    const free = orderOf({ adjustments: discount(-1_700n), total: money(0n, "GBP") });
    given().when({ type: "place", order: free }).thenHappens({ type: "OrderPlaced", data: free, occurredAt: 1_000 });
  });

  void test("what was refused before it came here is refused in any state", () => {
    const refusal = { code: "unknown-product", message: "There is no product." };
    for (const status of states) {
      assert.deepEqual(
        given(...REACHED[status])
          .when({ type: "refuse", refusal })
          .thenRefused("unknown-product"),
        refusal,
      );
    }
  });
});

void describe("cancelling", () => {
  const cancel = (customerId?: string): OrderCommand => ({ type: "cancel", reason: "too late", customerId });

  void test("keeps the reason beside the order", () => {
    const state = given(placed).when(cancel()).thenHappens(cancelled);
    assert.deepEqual(state, { ...orderOf(), status: "cancelled", cancellation: { reason: "too late" } });
  });

  void test("by the customer whose order it is", () => {
    given(placed).when(cancel("cus_1")).thenHappens(cancelled);
  });

  void test("another person's order and a missing one answer alike, in every state", () => {
    const missing = given().when(cancel("cus_2")).thenRefused("order-not-found");
    const guests: OrderEvent = { type: "OrderPlaced", data: orderOf({ customer: {} }), occurredAt: 1_000 };
    for (const events of [[placed], [placed, cancelled], [guests]]) {
      assert.deepEqual(
        given(...events)
          .when(cancel("cus_2"))
          .thenRefused("order-not-found"),
        missing,
      );
    }
  });
});
