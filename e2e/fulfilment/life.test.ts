import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fulfilmentId } from "@daybook/shop-fulfilment/contract";
import { lifeOf, type LifeEntry } from "../../shop/order-life.ts";
import { OWNERS } from "../../shop/roles.ts";
import { trialFulfilment } from "./trial.ts";

const contextOf = (category: string) => (OWNERS as Readonly<Record<string, string>>)[category] ?? category;
const told = ({ depth, context, what, outcome }: LifeEntry) =>
  `${"  ".repeat(depth)}${context} ${what}${outcome === undefined ? "" : ` ${outcome}`}`;

void describe("the life of an order", () => {
  void test("is told across contexts, each effect below the step that caused it, in order", async () => {
    const trial = await trialFulfilment();
    const running = trial.start();
    const orderId = await trial.place("tok_ok", 2);
    await trial.until(() => trial.isOver(running, orderId));
    const life = lifeOf(await trial.store.readCorrelation(orderId), contextOf);
    const run = life.findIndex(({ kind }) => kind === "run");
    assert.deepEqual(life.slice(0, run).map(told), ["ordering OrderPlaced"]);
    assert.deepEqual(life.slice(run).map(told), [
      "fulfilment fulfil-order",
      "  fulfilment validate-order done",
      "  fulfilment reserve-stock done",
      "    inventory StockReserved",
      "  fulfilment charge-payment done",
      "    payments PaymentCompleted",
      "    payments BillIssued",
      "  fulfilment create-shipment done",
      "  fulfilment confirm-order done",
      "    ordering OrderConfirmed",
      "  fulfilment ship-order done",
      "    ordering OrderShipped",
      "  fulfilment hand-over done",
      "    inventory StockShipped",
      "  fulfilment WorkflowEnded",
    ]);
    assert.equal(life.find(({ what }) => what === "BillIssued")?.cause, `${fulfilmentId(orderId)}/3`);
    assert.doesNotMatch(JSON.stringify(life), /tok_ok/, "no value of a step is told");
    await running.stop();
  });

  void test("tells failed attempts, what was undone, and who asked for it", async () => {
    const trial = await trialFulfilment();
    trial.provider.isAway = true;
    const running = trial.start();
    const orderId = await trial.place();
    const run = fulfilmentId(orderId);
    const life = async () => lifeOf(await trial.store.readCorrelation(orderId), contextOf);
    const step = async (what: string) => (await life()).find((entry) => entry.what === what);
    await trial.until(async () => (await step("charge-payment"))?.failedAttempts?.length === 2, 100);
    assert.equal((await step("charge-payment"))?.outcome, "retried");
    const [wait] = await running.engine.waits(run);
    assert.match(wait?.text ?? "", /^(backoff 2|attempt 3)\/5 of charge-payment$/);
    trial.provider.isAway = false;
    await trial.until(async () => {
      await running.engine.cancel(run, "late", { correlation: "cor_ops", actor: "usr_ops", tenant: "shop" });
      return true;
    }, 100);
    await trial.until(() => trial.isOver(running, orderId), 100);
    const all = await life();
    const asked = all.find(({ kind }) => kind === "request");
    assert.deepEqual([asked?.what, asked?.actor, asked?.cause], ["cancel late", "usr_ops", "cor_ops"]);
    const undone = await step("release-stock (undo)");
    assert.deepEqual([undone?.outcome, undone?.id], ["done", `${run}/2/undo`]);
    const released = all.find(({ what }) => what === "StockReleased");
    assert.equal(released?.cause, undone?.id);
    assert.ok((released?.depth ?? 0) > (undone?.depth ?? 0));
    await running.stop();
  });

  void test("loses nothing and tells each thing once, whatever its causes are", () => {
    const event = (id: string, causation: string) => ({
      id,
      position: 1,
      stream: "order-1",
      version: 1,
      type: id,
      schemaVersion: 1,
      data: "{}",
      meta: JSON.stringify({ correlation: "c", causation, actor: "usr_1", tenant: "t" }),
      recordedAt: 1,
    });
    const life = lifeOf([event("a", "b"), event("b", "a"), event("c", "c"), event("d", "nothing"), event("e", "d")], contextOf);
    assert.deepEqual(life.map(({ id, depth }) => [id, depth]), [["c", 0], ["d", 0], ["e", 1], ["a", 0], ["b", 0]]); // prettier-ignore
  });
});
