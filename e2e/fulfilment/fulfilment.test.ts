import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cancelOrder, holdOrder, releaseOrder } from "@daybook/shop-ordering/contract";
import { money } from "@daybook/kernel/money";
import { fulfilment, fulfilmentId } from "@daybook/shop-fulfilment/contract";
import { fulfilOrder } from "../../shop/fulfilment/fulfil-order.workflow.ts";
import { trialFulfilment } from "./trial.ts";

void describe("an order", () => {
  void test("is reserved, paid, confirmed, shipped and handed over", async () => {
    const trial = await trialFulfilment();
    const running = trial.start();
    const orderId = await trial.place("tok_ok", 2);
    await trial.until(() => trial.isOver(running, orderId));
    assert.deepEqual(await running.engine.result(fulfilment, fulfilmentId(orderId)), { end: "fulfilled" });
    assert.equal(await trial.orderStatus(orderId), "shipped");
    assert.deepEqual([...trial.carrier.handedOver], [orderId]);
    assert.deepEqual([...trial.provider.charged.values()], [1]);
    assert.deepEqual(await trial.stockOf("mug"), {
      productId: "mug",
      onHand: 8,
      reserved: 0,
      shipped: 2,
      writtenOff: 0,
      received: 10,
    });
    await running.stop();
  });

  void test("that is short of stock fails, with nothing charged", async () => {
    const trial = await trialFulfilment(1);
    const running = trial.start();
    const orderId = await trial.place("tok_ok", 2);
    await trial.until(() => trial.isOver(running, orderId));
    const end = await running.engine.result(fulfilment, fulfilmentId(orderId));
    assert.ok(end.end === "refused" && end.code === "insufficient-stock");
    assert.equal(await trial.orderStatus(orderId), "failed");
    assert.equal(trial.provider.charged.size, 0);
    assert.equal((await trial.stockOf("mug"))?.onHand, 1);
    await running.stop();
  });

  void test("whose card is declined fails, and the stock is free again", async () => {
    const trial = await trialFulfilment();
    const running = trial.start();
    const orderId = await trial.place("tok_declined");
    await trial.until(() => trial.isOver(running, orderId));
    const end = await running.engine.result(fulfilment, fulfilmentId(orderId));
    assert.ok(end.end === "refused" && end.code === "payment-declined");
    assert.equal(await trial.orderStatus(orderId), "failed");
    assert.equal((await trial.stockOf("mug"))?.onHand, 10);
    await running.stop();
  });

  void test("that the carrier does not take is paid back", async () => {
    const trial = await trialFulfilment();
    trial.carrier.isRefusing = true;
    const running = trial.start();
    const orderId = await trial.place();
    await trial.until(() => trial.isOver(running, orderId));
    assert.equal(await trial.orderStatus(orderId), "failed");
    assert.deepEqual([...trial.provider.refunded.values()], [1]);
    assert.equal((await trial.stockOf("mug"))?.onHand, 10);
    await running.stop();
  });

  void test("waits for a payment that is pending, and goes on as it comes out", async () => {
    for (const type of ["settled", "declined"] as const) {
      const trial = await trialFulfilment();
      const running = trial.start();
      const orderId = await trial.place("tok_pending");
      const progress = () => running.engine.query(fulfilOrder, fulfilmentId(orderId), "progress").catch(() => "");
      await trial.until(async () => (await progress()) === "waiting for the payment");
      const heard =
        type === "settled"
          ? ({ status: "completed", chargeId: "ch_0" } as const)
          : ({ status: "declined", code: "payment-declined", reason: "No." } as const);
      assert.equal(await trial.payments.hear(orderId, money(1_000n, "GBP"), heard, { context: trial.context }), undefined);
      await trial.until(() => trial.isOver(running, orderId));
      assert.equal(await trial.orderStatus(orderId), type === "settled" ? "shipped" : "failed");
      await running.stop();
    }
  });

  void test("on hold is not shipped until it is released", async () => {
    const trial = await trialFulfilment();
    const orderId = await trial.place();
    await trial.outcomeOf(holdOrder, { orderId, reason: "odd" });
    const running = trial.start();
    const progress = () => running.engine.query(fulfilOrder, fulfilmentId(orderId), "progress").catch(() => "");
    await trial.until(async () => (await progress()) === "on hold");
    assert.equal(trial.carrier.handedOver.size, 0);
    await trial.outcomeOf(releaseOrder, { orderId });
    await trial.until(() => trial.isOver(running, orderId));
    assert.equal(await trial.orderStatus(orderId), "shipped");
    await running.stop();
  });

  void test("cancelled when nobody knew yet that the carrier has it is paid back, and a person calls the parcel back", async () => {
    const trial = await trialFulfilment();
    const orderId = await trial.place();
    await trial.outcomeOf(holdOrder, { orderId, reason: "odd" });
    const running = trial.start();
    const progress = () => running.engine.query(fulfilOrder, fulfilmentId(orderId), "progress").catch(() => "");
    await trial.until(async () => (await progress()) === "on hold");
    trial.carrier.handedOver.add(orderId);
    await trial.outcomeOf(cancelOrder, { orderId, reason: "late" });
    await trial.until(() => trial.isOver(running, orderId));
    assert.deepEqual([await trial.orderStatus(orderId), (await trial.stockOf("mug"))?.onHand], ["cancelled", 10]);
    assert.deepEqual([...trial.provider.refunded.values()], [1]);
    assert.deepEqual(
      trial.asked.map(({ source, cause, subject }) => [source, cause, subject]),
      [["fulfilment", "parcel-under-way", orderId]],
    );
    await running.stop();
  });

  void test("waits while the provider is away, and fails when that lasts", async () => {
    const trial = await trialFulfilment();
    trial.provider.isAway = true;
    const running = trial.start();
    const orderId = await trial.place();
    await trial.until(async () => (await trial.orderStatus(orderId)) === "failed", 1_000);
    assert.ok(!(await trial.isOver(running, orderId)), "it is undone only when the provider is asked");
    trial.provider.isAway = false;
    await trial.until(() => trial.isOver(running, orderId), 1_000);
    assert.equal((await trial.stockOf("mug"))?.onHand, 10);
    assert.equal(trial.provider.charged.size, 0);
    await running.stop();
  });

  void test("cancelled at any moment ends cancelled and undone, or shipped", async () => {
    const ends = new Set<string>();
    for (let moment = 0; moment < 160; moment += 4) {
      const trial = await trialFulfilment();
      const running = trial.start();
      const orderId = await trial.place();
      let turns = 0;
      await trial.until(async () => turns++ >= moment);
      await trial.outcomeOf(cancelOrder, { orderId, reason: "late" });
      await trial.until(() => trial.isOver(running, orderId));
      const status = await trial.orderStatus(orderId);
      ends.add(String(status));
      const stock = await trial.stockOf("mug");
      if (status === "cancelled") {
        assert.equal(stock?.onHand, 10, `moment ${moment}`);
        assert.equal(trial.provider.charged.size, trial.provider.refunded.size, `moment ${moment}`);
        assert.equal(trial.carrier.handedOver.size, 0, `moment ${moment}`);
      } else {
        assert.equal(status, "shipped");
        assert.equal(stock?.shipped, 1);
      }
      await running.stop();
    }
    assert.deepEqual([...ends].sort(), ["cancelled", "shipped"], "both ends are met");
  });
});
