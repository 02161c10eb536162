import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { money } from "@daybook/kernel/money";
import { specification } from "@daybook/testing/specification";
import { orderOf } from "./conformance/trial.ts";
import type { RequestReturn, ReturnStatus } from "./contract.ts";
import type { ReturnEvent } from "./events.ts";
import { returnsDecider, returnStates, type OrderReturns, type ReturnAction, type ReturnCommand } from "./order-returns.ts";
import { DEFAULT_RULES, returnRulesSchema } from "./rules.ts";

const { given } = specification(returnsDecider);
const gbp = (minor: number) => money(BigInt(minor), "GBP");
const about = { returnId: "ret_1" };
const mugs = (quantity: number) => [{ productId: "mug", quantity }];

function asking(asked: Partial<RequestReturn> = {}, more: Partial<ReturnCommand & { type: "request" }> = {}): ReturnCommand {
  const whole = { orderId: "ord_1", reason: "too big", ...asked };
  return { type: "request", ...about, asked: whole, order: orderOf(), rules: DEFAULT_RULES, ...more };
}

const lines = [{ line: 1, productId: "mug", quantity: 1, amount: gbp(333) }];
const data = {
  ...about,
  orderId: "ord_1",
  customerId: "cus_1",
  lines,
  amount: gbp(333),
  reason: "too big",
  requestedAt: 0,
  origin: undefined,
};
const requested: ReturnEvent = { type: "ReturnRequested", data };
const accepted: ReturnEvent = { type: "ReturnAccepted", data: about };
const rejected: ReturnEvent = { type: "ReturnRejected", data: { ...about, reason: "worn" } };
const received: ReturnEvent = { type: "ReturnReceived", data: { ...about, writtenOff: [1] } };
const completed: ReturnEvent = {
  type: "ReturnCompleted",
  data: { ...about, orderId: "ord_1", lines: [{ line: 1, quantity: 1 }], amount: gbp(333), creditNote: "2026-2" },
};

const REACHED: Readonly<Record<ReturnStatus, readonly ReturnEvent[]>> = {
  requested: [requested],
  accepted: [requested, accepted],
  rejected: [requested, rejected],
  received: [requested, accepted, received],
  completed: [requested, accepted, received, completed],
};
const COMMANDS: Readonly<Record<ReturnAction, ReturnCommand>> = {
  accept: { type: "accept", ...about },
  reject: { type: "reject", reason: "worn", ...about },
  receive: { type: "receive", writtenOff: [1], ...about },
  complete: { type: "complete", creditNote: "2026-2", ...about },
};
const EVENTS: Readonly<Record<ReturnAction, ReturnEvent>> = {
  accept: accepted,
  reject: rejected,
  receive: received,
  complete: completed,
};
const LATE: Readonly<Record<ReturnAction, readonly ReturnStatus[]>> = {
  accept: ["accepted", "received", "completed"],
  reject: ["rejected"],
  receive: ["received", "completed"],
  complete: ["completed"],
};

void describe("a return's states", () => {
  for (const status of Object.keys(REACHED) as ReturnStatus[]) {
    for (const action of Object.keys(COMMANDS) as ReturnAction[]) {
      const next = returnStates.next(status, action);
      if (next) {
        void test(`${status}: "${action}" leads to ${next}`, () => {
          const { returns } = given(...REACHED[status])
            .when(COMMANDS[action])
            .thenHappens(EVENTS[action]);
          assert.equal(returns[0]?.status, next);
        });
      } else if (LATE[action].includes(status)) {
        void test(`${status}: "${action}" comes late, and changes nothing`, () => {
          given(...REACHED[status])
            .when(COMMANDS[action])
            .thenNothingHappens();
        });
      } else {
        void test(`${status}: "${action}" is refused, with the state that refused`, () => {
          const legal = returnStates.legal(status);
          given(...REACHED[status])
            .when(COMMANDS[action])
            .thenRefused("illegal-transition", { status, legal });
        });
      }
    }
  }

  void test("nothing happens to a return that nobody asked for", () => {
    given(requested).when({ type: "accept", returnId: "ret_2" }).thenRefused("return-not-found");
  });

  void test("what is written off is a line of the return", () => {
    given(requested, accepted)
      .when({ ...COMMANDS.receive, writtenOff: [2] } as ReturnCommand)
      .thenRefused("line-not-returned");
  });
});

void describe("asking for a return", () => {
  void test("of some pieces is accepted by rule, with their share", () => {
    given()
      .when(asking({ items: mugs(1) }))
      .thenHappens(requested, accepted);
  });

  void test("of everything takes what is left, and gives what is left", () => {
    const { returns } = given(requested, accepted, { type: "ReturnRequested", data: { ...data, returnId: "ret_2" } })
      .when(asking({}, { returnId: "ret_3" }))
      .thenHappens(
        {
          type: "ReturnRequested",
          data: {
            ...data,
            returnId: "ret_3",
            lines: [
              { line: 1, productId: "mug", quantity: 1, amount: gbp(334) },
              { line: 2, productId: "pot", quantity: 2, amount: gbp(1_000) },
            ],
            amount: gbp(1_334),
          },
        },
        { type: "ReturnAccepted", data: { returnId: "ret_3" } },
      );
    assert.equal(returns.length, 3);
  });

  void test("what was rejected may be asked for again", () => {
    given(requested, rejected)
      .when(asking({ items: mugs(3) }, { returnId: "ret_2" }))
      .thenHappens(
        {
          type: "ReturnRequested",
          data: {
            ...data,
            returnId: "ret_2",
            lines: [{ line: 1, productId: "mug", quantity: 3, amount: gbp(1_000) }],
            amount: gbp(1_000),
          },
        },
        { type: "ReturnAccepted", data: { returnId: "ret_2" } },
      );
  });

  void test("is refused for more than is left, for what is not in the order, and when all has come back", () => {
    given(requested)
      .when(asking({ items: mugs(3) }, { returnId: "ret_2" }))
      .thenRefused("too-many-returned", { productId: "mug", bought: 3, returnable: 2 });
    given()
      .when(asking({ items: [...mugs(2), ...mugs(2)] }))
      .thenRefused("too-many-returned");
    given()
      .when(asking({ items: [{ productId: "vase", quantity: 1 }] }))
      .thenRefused("not-in-order", { productId: "vase" });
    given()
      .when(asking({ items: [{ productId: "mug", quantity: 1, line: 2 }] }))
      .thenRefused("not-in-order");
    const all = { ...data, lines: [{ line: 1, productId: "mug", quantity: 3, amount: gbp(1_000) }], amount: gbp(1_000) };
    const order = orderOf({ lines: orderOf().lines.slice(0, 1), total: gbp(1_000) });
    given({ type: "ReturnRequested", data: all })
      .when(asking({}, { returnId: "ret_2", order }))
      .thenRefused("nothing-to-return");
  });

  void test("is refused of an order that was not sent, or is not there", () => {
    given()
      .when(asking({}, { order: undefined }))
      .thenRefused("order-not-found");
    for (const status of ["placed", "confirmed", "cancelled", "failed"] as const) {
      given()
        .when(asking({}, { order: orderOf({ status }) }))
        .thenRefused("order-not-sent", { status });
    }
  });

  void test("waits for a person, or is refused, where a rule says so", () => {
    const ask = returnRulesSchema.parse([{ decision: "ask", because: "Somebody looks at it." }]);
    given()
      .when(asking({ items: mugs(1) }, { rules: ask }))
      .thenHappens({ type: "ReturnRequested", data: { ...data, question: "Somebody looks at it." } });
    const refuse = returnRulesSchema.parse([{ decision: "refuse", because: "Never." }]);
    given()
      .when(asking({}, { rules: refuse }))
      .thenRefused("return-refused");
  });

  void test("under one id is one return; with other content it is refused", () => {
    const before = given(requested, accepted);
    before.when(asking({ items: mugs(1) })).thenNothingHappens();
    before.when(asking({ items: mugs(2) })).thenRefused("return-exists");
    before.when(asking({ items: mugs(1), reason: "another" })).thenRefused("return-exists");
  });

  void test("told of afterwards is accepted and received at once, at its own time", () => {
    const origin = { source: "retail", number: "C536379" };
    const asked = { items: mugs(1), returnedAt: 5_000, origin, received: { writtenOff: [] } };
    given()
      .when(asking(asked))
      .thenHappens(
        { type: "ReturnRequested", data: { ...data, requestedAt: 5_000, origin }, occurredAt: 5_000 },
        { ...accepted, occurredAt: 5_000 },
        { type: "ReturnReceived", data: { ...about, writtenOff: [] }, occurredAt: 5_000 },
      );
    given()
      .when(asking({ ...asked, received: { writtenOff: [2] } }))
      .thenRefused("line-not-returned");
  });
});

const piece = fc.record({
  product: fc.constantFrom("mug", "pot"),
  quantity: fc.integer({ min: 1, max: 3 }),
  isRejected: fc.boolean(),
});

void test("whatever comes back in whatever parts: never too much, and all of it is what was charged", () => {
  const order = { quantity: fc.integer({ min: 1, max: 9 }), total: fc.nat(3_000), amount: fc.nat(2_000), tries: fc.array(piece) };
  fc.assert(
    fc.property(fc.record(order), ({ quantity, total, amount, tries }) => {
      const sent = orderOf({
        lines: [
          { productId: "mug", quantity, amount: gbp(amount) },
          { productId: "pot", quantity: 4, amount: gbp(999), tax: gbp(7) },
        ],
        total: gbp(total),
      });
      let state = returnsDecider.initial;
      const tell = (command: ReturnCommand) => {
        const decision = returnsDecider.decide(command, state, 0);
        if ("events" in decision) state = decision.events.reduce((folded, event) => returnsDecider.evolve(folded, event), state);
      };
      for (const [n, { product, quantity: pieces, isRejected }] of tries.entries()) {
        const returnId = `ret_${n}`;
        tell(asking({ items: [{ productId: product, quantity: pieces }] }, { returnId, order: sent }));
        if (isRejected) tell({ type: "reject", returnId, reason: "worn" });
        checkWithin(state, quantity, total);
      }
      tell(asking({}, { returnId: "ret_rest", order: sent }));
      assert.deepEqual(sums(state), { mug: quantity, pot: 4, minor: total });
    }),
  );
});

function checkWithin(state: OrderReturns, quantity: number, total: number): void {
  const { mug, pot, minor } = sums(state);
  assert.ok(mug <= quantity && pot <= 4 && minor <= total, JSON.stringify(state));
  assert.ok(state.returns.every(({ amount }) => !amount.minor.startsWith("-")));
}

function sums({ returns }: OrderReturns) {
  const standing = returns.filter(({ status }) => status !== "rejected");
  const pieces = (product: string) =>
    standing
      .flatMap((each) => each.lines)
      .reduce((sum, { productId, quantity }) => sum + (productId === product ? quantity : 0), 0);
  return { mug: pieces("mug"), pot: pieces("pot"), minor: standing.reduce((sum, { amount }) => sum + Number(amount.minor), 0) };
}
