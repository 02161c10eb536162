import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { specification } from "@daybook/testing/specification";
import { mugs, orderOf } from "./conformance/trial.ts";
import type { OrderEvent } from "./events.ts";
import { orderDecider, orderStates, type Order, type OrderAction, type OrderCommand, type OrderStatus } from "./order.ts";

const { given } = specification(orderDecider);

const placed: OrderEvent = { type: "OrderPlaced", data: orderOf(), occurredAt: 1_000 };
const cancelled: OrderEvent = { type: "OrderCancelled", data: { reason: "too late" } };

const shipment = { shipmentId: "shp_1", carrier: "Post", trackingNumber: "T1" };
const readiness = { reservationId: "res_1", paymentId: "pay_1", shipment };
const card = { kind: "card", token: "tok_ok" } as const;
const reserved: OrderEvent = { type: "OrderReserved", data: { reservationId: "res_1" } };
const paid: OrderEvent = { type: "OrderPaid", data: { paymentId: "pay_1" } };
const confirmed: OrderEvent = { type: "OrderConfirmed", data: readiness };
const shipped: OrderEvent = { type: "OrderShipped", data: { trackingNumber: "T1" } };
const delivered: OrderEvent = { type: "OrderDelivered", data: {} };
const left: OrderEvent = { type: "ParcelLeft", data: {} };
const arrived: OrderEvent = { type: "ParcelArrived", data: {} };
const held: OrderEvent = { type: "OrderHeld", data: { reason: "looks odd" } };
const released: OrderEvent = { type: "OrderReleased", data: {} };
const failed: OrderEvent = { type: "OrderFailed", data: { code: "payment-declined", reason: "Declined." } };
const chosen: OrderEvent = { type: "PaymentMethodChosen", data: { payment: card } };
const added: OrderEvent = { type: "ItemAdded", data: { line: mugs(3), total: money(2_550n, "GBP") } };

const returned = { returnId: "ret_1", lines: [{ line: 1, quantity: 1 }], amount: money(850n, "GBP"), creditNote: "2026-2" };

/** How each state is reached, and what each action is as a command. */
const REACHED: Readonly<Record<OrderStatus, readonly OrderEvent[]>> = {
  absent: [],
  placed: [placed],
  reserved: [placed, reserved],
  paid: [placed, reserved, paid],
  confirmed: [placed, reserved, paid, confirmed],
  shipped: [placed, confirmed, shipped],
  delivered: [placed, confirmed, shipped, delivered],
  cancelled: [placed, cancelled],
  failed: [placed, failed],
};
const COMMANDS: Readonly<Record<OrderAction, OrderCommand>> = {
  place: { type: "place", order: orderOf() },
  "add-item": { type: "add-item", line: mugs(1) },
  "choose-payment": { type: "choose-payment", payment: card },
  reserve: { type: "reserve", reservationId: "res_1" },
  pay: { type: "pay", paymentId: "pay_1" },
  confirm: { type: "confirm", confirmed: readiness },
  ship: { type: "ship" },
  leave: { type: "leave" },
  deliver: { type: "deliver" },
  hold: { type: "hold", reason: "looks odd" },
  release: { type: "release" },
  cancel: { type: "cancel", reason: "too late" },
  fail: { type: "fail", code: "payment-declined", reason: "Declined." },
  "note-return": { type: "note-return", returned },
};
const EVENTS: Readonly<Record<OrderAction, OrderEvent>> = {
  place: placed,
  "add-item": added,
  "choose-payment": chosen,
  reserve: reserved,
  pay: paid,
  confirm: confirmed,
  ship: shipped,
  leave: left,
  deliver: delivered,
  hold: held,
  release: released,
  cancel: cancelled,
  fail: failed,
  "note-return": { type: "ItemsReturned", data: returned },
};
/** What an order keeps of a delivery that it hears of before it is shipped; one that is confirmed leaves with its parcel. */
function eventsOf(action: OrderAction, status: OrderStatus): readonly OrderEvent[] {
  if (action === "deliver" && status !== "shipped") return [arrived];
  return action === "leave" && status === "confirmed" ? [left, shipped] : [EVENTS[action]];
}
/** Where what other contexts say comes late or twice. */
const PLACED = ["placed", "reserved", "paid", "confirmed", "shipped", "delivered", "cancelled", "failed"];
const LATE: Readonly<Partial<Record<OrderAction, readonly string[]>>> = {
  reserve: PLACED,
  pay: PLACED,
  leave: ["shipped", "delivered", "cancelled", "failed"],
  deliver: ["delivered", "cancelled", "failed"],
  confirm: ["confirmed", "shipped", "delivered"],
  ship: ["shipped", "delivered"],
  fail: ["failed"],
};
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
          const after = given(...REACHED[status], ...(action === "release" ? [held] : []))
            .when(COMMANDS[action])
            .thenHappens(...eventsOf(action, status));
          assert.equal(after.status, next);
        });
      } else if (LATE[action]?.includes(status)) {
        void test(`${status}: "${action}" comes late, and changes nothing`, () => {
          given(...REACHED[status])
            .when(COMMANDS[action])
            .thenNothingHappens();
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

  void test("what has come back of an order is noted once, and changes no state", () => {
    const sent = [placed, confirmed, shipped, delivered];
    const noted = given(...sent, { type: "ItemsReturned", data: returned });
    assert.deepEqual(noted.state, { ...given(...sent).state, returns: [returned] });
    noted.when({ type: "note-return", returned }).thenNothingHappens();
    const other = { ...returned, returnId: "ret_2" };
    noted.when({ type: "note-return", returned: other }).thenHappens({ type: "ItemsReturned", data: other });
  });

  void test("nothing is legal in an order that came to nothing, and every state but the first is reached", () => {
    assert.deepEqual(orderStates.terminal, ["cancelled", "failed"]);
    assert.deepEqual(
      states.filter((status) => !states.some((from) => actions.some((action) => orderStates.next(from, action) === status))),
      ["absent"],
    );
  });
});

void test("what the carrier has is not cancelled, and does not fail: it is the pivot, wherever the order stands", () => {
  for (const status of ["placed", "reserved", "paid", "confirmed"] as const) {
    for (const said of [left, arrived]) {
      given(...REACHED[status], said)
        .when(COMMANDS.cancel)
        .thenRefused("parcel-left");
      given(...REACHED[status], said)
        .when(COMMANDS.fail)
        .thenRefused("parcel-left");
    }
  }
});

void test("an order whose parcel left before it was confirmed is shipped with that, and delivered when it has arrived", () => {
  given(placed, left).when(COMMANDS.leave).thenNothingHappens();
  given(placed, left).when(COMMANDS.confirm).thenHappens(confirmed, shipped);
  given(placed, held, left, arrived).when(COMMANDS.confirm).thenHappens(confirmed, shipped, delivered);
  given(placed, arrived).when(COMMANDS.confirm).thenHappens(confirmed, shipped, delivered);
});

void test("a hold that comes too late keeps nothing: the order is shipped, and on hold no more", () => {
  const after = given(...REACHED.confirmed, held)
    .when(COMMANDS.leave)
    .thenHappens(left, shipped);
  assert.ok(after.status === "shipped" && !after.hold);
});

void test("an order that was confirmed is not confirmed with another shipment", () => {
  const other = { ...readiness, shipment: { ...shipment, shipmentId: "shp_2" } };
  given(...REACHED.confirmed)
    .when({ type: "confirm", confirmed: other })
    .thenRefused("illegal-transition", { status: "confirmed", legal: orderStates.legal("confirmed") });
});

void describe("an order whose parcel arrives before it is recorded as shipped", () => {
  for (const status of ["placed", "reserved", "paid", "confirmed"] as const) {
    void test(`heard of while it is ${status}: delivered it is as soon as it is shipped`, () => {
      const state = given(...REACHED[status], arrived, ...(status === "confirmed" ? [] : [confirmed]))
        .when(COMMANDS.ship)
        .thenHappens(shipped, delivered);
      assert.equal(state.status, "delivered");
    });
  }

  void test("keeps that once, however often it is said", () => {
    given(...REACHED.confirmed, arrived)
      .when(COMMANDS.deliver)
      .thenNothingHappens();
    given(...REACHED.confirmed, arrived, shipped, delivered)
      .when(COMMANDS.deliver)
      .thenNothingHappens();
  });

  void test("stays on hold until it is released", () => {
    const onHold = [placed, confirmed, held, arrived];
    given(...onHold)
      .when(COMMANDS.ship)
      .thenRefused("order-held");
    given(...onHold, released)
      .when(COMMANDS.ship)
      .thenHappens(shipped, delivered);
  });
});

void describe("an order whose shipment is on hold", () => {
  const heldThere: OrderEvent = { type: "OrderHeld", data: { reason: "wet", by: "shipment" } };
  const releasedThere: OrderEvent = { type: "OrderReleased", data: { by: "shipment" } };
  const hold: OrderCommand = { type: "hold", reason: "wet", by: "shipment" };
  const release: OrderCommand = { type: "release", by: "shipment" };
  const ready = [placed, confirmed];

  void test("is on hold beside what somebody says, and is shipped once both are released", () => {
    given(...ready, held)
      .when(hold)
      .thenHappens(heldThere);
    given(...ready, held, heldThere)
      .when(release)
      .thenHappens(releasedThere);
    given(...ready, held, heldThere, releasedThere)
      .when(COMMANDS.ship)
      .thenRefused("order-held", { reason: "looks odd" });
    given(...ready, held, heldThere, released)
      .when(COMMANDS.ship)
      .thenRefused("order-held", { reason: "wet" });
    given(...ready, held, heldThere, released, releasedThere)
      .when(COMMANDS.ship)
      .thenHappens(shipped);
  });

  void test("is not released by what the shipment says of its own: somebody's hold stays", () => {
    given(...ready, held)
      .when(release)
      .thenNothingHappens();
  });

  void test("is released there, not here", () => {
    given(...ready, heldThere)
      .when(COMMANDS.release)
      .thenRefused("order-held", { reason: "wet" });
    given(...ready, heldThere)
      .when(hold)
      .thenNothingHappens();
  });

  void test("ends with the order", () => {
    const state = given(placed, held, heldThere).when(COMMANDS.cancel).thenHappens(cancelled);
    assert.ok(state.status === "cancelled" && !state.hold && !state.shipmentHold);
  });
});

void describe("an order on hold", () => {
  const onHold = (...events: readonly OrderEvent[]) => given(placed, held, ...events);

  void test("is not shipped until it is released", () => {
    given(placed, confirmed, held).when(COMMANDS.ship).thenRefused("order-held", { reason: "looks odd" });
    given(placed, confirmed, held, released).when(COMMANDS.ship).thenHappens(shipped);
  });

  void test("held twice, and released twice, nothing happens", () => {
    onHold().when(COMMANDS.hold).thenNothingHappens();
    onHold(released).when(COMMANDS.release).thenNothingHappens();
  });

  void test("ends with the order", () => {
    const { hold, ...state } = onHold().when(COMMANDS.cancel).thenHappens(cancelled) as Extract<Order, { hold?: unknown }>;
    assert.equal(hold, undefined);
    assert.equal(state.status, "cancelled");
  });
});

void describe("an order whose payment method is not chosen yet", () => {
  const open = (...events: readonly OrderEvent[]) => given(placed, ...events);

  void test("takes items: of one product and price as one line, others as more lines, and the total is their sum", () => {
    const dear = { ...mugs(1), unitPrice: "9.00", amount: money(900n, "GBP"), tax: money(180n, "GBP") };
    const event: OrderEvent = { type: "ItemAdded", data: { line: dear, total: money(2_780n, "GBP") } };
    const state = open().when({ type: "add-item", line: dear }).thenHappens(event);
    assert.ok(state.status === "placed");
    assert.deepEqual(state.lines, [mugs(2), dear]);
    const more = open(event).when({ type: "add-item", line: mugs(1) });
    const after = more.thenHappens({ type: "ItemAdded", data: { line: mugs(3), total: money(3_630n, "GBP") } });
    assert.ok(after.status === "placed");
    assert.deepEqual(after.lines, [mugs(3), dear]);
  });

  void test("takes no item in another currency, none above a million pieces, and none while it is carried out", () => {
    const euro = { ...mugs(1), amount: money(850n, "EUR") };
    open().when({ type: "add-item", line: euro }).thenRefused("mixed-currencies");
    open()
      .when({ type: "add-item", line: mugs(999_999) })
      .thenRefused("quantity-too-large");
    given(placed, chosen).when(COMMANDS["add-item"]).thenRefused("order-under-way");
    given(placed, held, chosen).when(COMMANDS["add-item"]).thenRefused("order-under-way");
  });

  void test("is told how it is paid once", () => {
    given(placed, chosen).when(COMMANDS["choose-payment"]).thenRefused("payment-chosen");
    const placedWith: OrderEvent = { type: "OrderPlaced", data: orderOf({ payment: card }), occurredAt: 1_000 };
    given(placedWith).when(COMMANDS["choose-payment"]).thenRefused("payment-chosen");
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
