import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { valueOf } from "@daybook/network/rpc/contract";
import { money } from "@daybook/kernel/money";
import { codeOf, context, orderOf, trialReturns } from "./conformance/trial.ts";
import type { ReturnEvent } from "./events.ts";

const call = { context };
const asked = { orderId: "ord_1", reason: "too big", items: [{ productId: "mug", quantity: 1 }] };

void describe("the returns of an order", () => {
  void test("are never more than was bought, asked for at once in two processes", async () => {
    const { returns, open, service } = trialReturns();
    const processes = [returns, open().operations] as const;
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => processes[n % 2 === 0 ? 0 : 1].request(asked, call).catch(() => undefined)),
    );
    const done = answers.filter((answer) => answer && "value" in answer);
    const refused = answers.filter((answer) => answer && codeOf(answer) === "too-many-returned");
    assert.equal(done.length, 3);
    assert.ok(refused.length > 0);
    const { returns: found } = await service.list({ orderId: "ord_1", limit: 100 });
    const minors = found.map((row) => row.return.amount.minor).sort(); // prettier-ignore
    assert.deepEqual(minors, ["333", "333", "334"]);
  });

  void test("are asked for once under a key, and answered as they are by then", async () => {
    const { returns } = trialReturns();
    const keyed = { context, key: "credit-note C1" };
    const first = valueOf(await returns.request(asked, keyed));
    await returns.receive({ returnId: first.returnId, writtenOff: [] }, call);
    const again = valueOf(await returns.request(asked, keyed));
    assert.deepEqual([again.returnId, again.status], [first.returnId, "received"]);
    assert.equal(codeOf(await returns.request({ ...asked, reason: "another" }, keyed)), "return-exists");
  });

  void test("that an import tells of keep their time, and are received at once", async () => {
    const { returns, events } = trialReturns();
    const told = { ...asked, returnedAt: 5_000, origin: { source: "retail", number: "C1" }, received: { writtenOff: [] } };
    const made = valueOf(await returns.request(told, { context, key: "C1" }));
    assert.deepEqual([made.status, made.requestedAt, made.origin?.number], ["received", 5_000, "C1"]);
    const recorded = await events.read<ReturnEvent>("return-ord_1");
    assert.deepEqual(recorded.map(({ event }) => [event.type, event.occurredAt]), [
      ["ReturnRequested", 5_000],
      ["ReturnAccepted", 5_000],
      ["ReturnReceived", 5_000],
    ]); // prettier-ignore
  });

  void test("belong to the order's customer: another person's order is not there", async () => {
    const { returns, orders, clock } = trialReturns();
    assert.equal(codeOf(await returns.request({ ...asked, customerId: "cus_2" }, call)), "order-not-found");
    assert.equal(codeOf(await returns.request({ ...asked, customerId: "cus_1" }, call)), "done");
    orders.set("ord_2", orderOf({ orderId: "ord_2", placedAt: clock.now(), total: money(0n, "GBP") }));
    assert.equal(valueOf(await returns.request({ ...asked, orderId: "ord_2" }, call)).amount.minor, "0");
  });

  void test("are in the lists of their state, order and customer, newest first", async () => {
    const { returns, service, clock } = trialReturns();
    const first = valueOf(await returns.request(asked, call));
    clock.advance(1);
    const second = valueOf(await returns.request(asked, call));
    await returns.reject({ returnId: first.returnId, reason: "worn" }, call);
    const ids = async (list: object) => (await service.list({ limit: 10, ...list })).returns.map((row) => row.return.returnId); // prettier-ignore
    assert.deepEqual(await ids({}), [second.returnId, first.returnId]);
    assert.deepEqual(await ids({ status: "rejected" }), [first.returnId]);
    assert.deepEqual(await ids({ status: "accepted" }), [second.returnId]);
    assert.deepEqual(await ids({ customerId: "cus_1" }), [second.returnId, first.returnId]);
    assert.deepEqual(await ids({ customerId: "cus_2" }), []);
    const page = await service.list({ orderId: "ord_1", limit: 1 });
    assert.deepEqual((await service.list({ orderId: "ord_1", limit: 1, after: page.next })).returns.length, 1);
  });

  void test("of nobody are not there", async () => {
    const { returns } = trialReturns();
    for (const answer of [returns.accept({ returnId: "x" }, call), returns.complete({ returnId: "x" }, call)]) {
      assert.equal(codeOf(await answer), "return-not-found");
    }
    assert.equal(valueOf(await returns.get({ returnId: "x" }, call)), null);
  });
});
