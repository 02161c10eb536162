import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refuse } from "@daybook/data/cqrs/decider";
import { defineError } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { z } from "zod";
import { client } from "./client.ts";
import { contract, valueOf, type Call, type Operable } from "./contract.ts";
import { localTransport, service } from "./server.ts";

const stock = contract("stock", {
  reserve: {
    input: z.strictObject({ product: z.string(), quantity: z.int().min(1) }),
    output: z.strictObject({ reservation: z.string() }),
  },
  count: { input: z.strictObject({}), output: z.int() },
});

const away = defineError({ code: "warehouse-away", advice: "Wait.", retryable: true });
const CALL: Call = { context: { correlationId: "cor_1", actor: "usr_1", tenant: "shop" }, key: "wf-1/2" };

function trial(implementation: Partial<Operable<(typeof stock)["operations"]>> = {}) {
  const clock = virtualClock();
  const failures: string[] = [];
  const local = localTransport({ clock, onFailure: (_, operation) => failures.push(operation) });
  const calls: { input: unknown; call: Call }[] = [];
  const whole: Operable<(typeof stock)["operations"]> = {
    async reserve(input, call) {
      calls.push({ input, call });
      if (input.quantity > 5) return refuse("out-of-stock", "There are five.", { available: 5 });
      return { value: { reservation: `res_${input.product}` } };
    },
    count: async () => ({ value: 7 }),
    ...implementation,
  };
  local.add(service(stock, whole));
  return { clock, calls, failures, local, stock: client(stock, local.transport) };
}

void describe("a call between contexts", () => {
  void test("takes input, context and key to the callee, and its value back", async () => {
    const { stock: caller, calls } = trial();
    const answer = await caller.reserve({ product: "mug", quantity: 2 }, CALL);
    assert.deepEqual(answer, { value: { reservation: "res_mug" } });
    assert.deepEqual(calls, [{ input: { product: "mug", quantity: 2 }, call: CALL }]);
    assert.equal(valueOf(await caller.count({}, CALL)), 7);
  });

  void test("shares no object with the callee", async () => {
    const input = { product: "mug", quantity: 2 };
    const { stock: caller, calls } = trial();
    await caller.reserve(input, CALL);
    assert.notEqual(calls[0]?.input, input);
    assert.notEqual(calls[0]?.call.context, CALL.context);
  });

  void test("a refusal is a value", async () => {
    const { stock: caller } = trial();
    const answer = await caller.reserve({ product: "mug", quantity: 6 }, CALL);
    assert.deepEqual(answer, { refusal: { code: "out-of-stock", message: "There are five.", details: { available: 5 } } });
    assert.throws(() => valueOf(answer), /out-of-stock/);
  });

  void test("an operating failure keeps its code and whether it may be tried again", async () => {
    const { stock: caller, failures } = trial({ count: () => Promise.reject(away("closed")) });
    await assert.rejects(caller.count({}, CALL), { code: "warehouse-away", message: "closed", retryable: true });
    assert.deepEqual(failures, []);
  });

  void test("an unexpected failure is told here and hidden there", async () => {
    const { stock: caller, failures } = trial({ count: () => Promise.reject(new Error("oops")) });
    await assert.rejects(caller.count({}, CALL), { code: "callee-failed", retryable: true });
    assert.deepEqual(failures, ["stock.count"]);
  });

  void test("what does not fit the contract does not arrive, nor come back", async () => {
    const { stock: caller, calls } = trial({ count: async () => ({ value: 1.5 }) });
    await assert.rejects(caller.reserve({ product: "mug", quantity: 0 }, CALL), { code: "call-invalid" });
    await assert.rejects(caller.count({}, CALL), { code: "call-invalid" });
    assert.equal(calls.length, 0);
  });

  void test("a callee checks for itself what another version sends", async () => {
    const { local } = trial();
    const send = async (operation: string, input: unknown) =>
      JSON.parse(
        await local.transport(JSON.stringify({ contract: "stock", operation, input, context: CALL.context })),
      ) as unknown;
    const codeOf = (answer: unknown) => (answer as { error: { code: string } }).error.code;
    assert.equal(codeOf(await send("reserve", { product: "mug" })), "call-invalid");
    assert.equal(codeOf(await send("toString", {})), "call-invalid");
  });

  void test("after the deadline nothing is done", async () => {
    const { stock: caller, clock, calls } = trial();
    clock.advance(10);
    const context = { ...CALL.context, deadline: clock.now() };
    await assert.rejects(caller.reserve({ product: "mug", quantity: 1 }, { context }), { code: "call-too-late" });
    assert.equal(calls.length, 0);
  });

  void test("what nobody serves is said", async () => {
    const { transport } = localTransport({ clock: virtualClock() });
    await assert.rejects(client(stock, transport).count({}, CALL), { code: "contract-unknown", retryable: true });
  });
});
