import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { valueOf } from "@daybook/network/rpc/contract";
import type { RequestReturn, Return } from "@daybook/shop-returns/contract";
import type { FulfilmentService } from "@daybook/shop-fulfilment/service";
import { StalledRuns } from "../../shop/fulfilment/stalled-runs.ts";
import { trialFulfilment } from "../fulfilment/trial.ts";

type Trial = Awaited<ReturnType<typeof trialFulfilment>>;

/** An order of three mugs at 10.00 that was sent, with what carries out its returns running. */
async function sentOrder(token = "tok_ok") {
  const trial = await trialFulfilment();
  const running = trial.start();
  const following = trial.startReturns(running);
  const orderId = await trial.place(token, 3);
  await trial.until(() => trial.isOver(running, orderId));
  const call = { context: trial.context };
  const { returns } = trial.partners;
  const ask = async (more: Partial<RequestReturn> = {}) =>
    valueOf(await returns.request({ orderId, reason: "too big", ...more }, call));
  const receive = async (returnId: string, writtenOff: number[] = []) =>
    valueOf(await returns.receive({ returnId, writtenOff }, call));
  const statusOf = async (returnId: string) => valueOf(await returns.get({ returnId }, call))?.status;
  const until = (returnId: string, status: Return["status"], stepMs?: number) =>
    trial.until(async () => (await statusOf(returnId)) === status, stepMs);
  const stop = async () => {
    await following.stop();
    await running.stop();
  };
  return { ...trial, running, orderId, call, returns, ask, receive, statusOf, untilReturn: until, stop };
}

const mugs = (quantity: number) => [{ productId: "mug", quantity }];

async function stockLine(trial: Pick<Trial, "stockOf">): Promise<string> {
  const { onHand, shipped, writtenOff } = (await trial.stockOf("mug")) ?? {};
  return `${onHand} on hand, ${shipped} shipped, ${writtenOff} written off`;
}

const paidBack = ({ provider }: Pick<Trial, "provider">) => [...provider.givenBack.values()].map(({ minor }) => Number(minor));

/** What the order shows of its returns. */
async function shownBy({ events }: Pick<Trial, "events">, orderId: string) {
  const recorded = await events.read(`order-${orderId}`);
  return recorded.flatMap(({ event }) =>
    event.type === "ItemsReturned" ? [event.data as { amount: { minor: string }; creditNote: string }] : [],
  ); // by its type
}

void describe("a return", () => {
  void test("brings stock and money back, with a credit note, and the order shows it", async () => {
    const trial = await sentOrder();
    const { returnId, amount, status } = await trial.ask({ items: mugs(2) });
    assert.deepEqual([status, amount], ["accepted", money(2_000n, "GBP")]);
    assert.equal(await stockLine(trial), "7 on hand, 3 shipped, 0 written off");
    await trial.receive(returnId);
    await trial.untilReturn(returnId, "completed");
    assert.equal(await stockLine(trial), "9 on hand, 1 shipped, 0 written off");
    assert.deepEqual(paidBack(trial), [2_000]);
    await trial.until(async () => (await shownBy(trial, trial.orderId)).length === 1);
    const [shown] = await shownBy(trial, trial.orderId);
    const year = new Date(trial.clock.now()).getUTCFullYear();
    assert.deepEqual([shown?.amount.minor, shown?.creditNote], ["2000", `${year}-2`]);
    await trial.stop();
  });

  void test("of the rest gives the rest, written off where it cannot be sold any more", async () => {
    const trial = await sentOrder();
    for (const items of [mugs(1), undefined]) {
      const { returnId } = await trial.ask(items ? { items } : {});
      await trial.receive(returnId, items ? [] : [1]);
      await trial.untilReturn(returnId, "completed");
    }
    assert.equal(await stockLine(trial), "8 on hand, 0 shipped, 2 written off");
    assert.deepEqual(paidBack(trial), [1_000, 2_000]);
    await trial.stop();
  });

  void test("that is rejected changes nothing, and its pieces may be asked for again", async () => {
    const trial = await sentOrder();
    const { returnId } = await trial.ask();
    valueOf(await trial.returns.reject({ returnId, reason: "worn" }, trial.call));
    const run = `return-${returnId}`;
    await trial.until(async () => (await trial.running.engine.get(run))?.status === "completed");
    assert.deepEqual([paidBack(trial), await stockLine(trial)], [[], "7 on hand, 3 shipped, 0 written off"]);
    assert.equal((await trial.ask()).status, "accepted");
    await trial.stop();
  });

  void test("whose process an operator cancels is rejected while its pieces are not here, and goes on when they are", async () => {
    const trial = await sentOrder();
    const first = await trial.ask({ items: mugs(1) });
    const waiting = async (returnId: string) => (await trial.running.engine.get(`return-${returnId}`)) !== undefined;
    await trial.until(() => waiting(first.returnId));
    await cancelled(trial.running, first.returnId);
    await trial.untilReturn(first.returnId, "rejected");
    const second = await trial.ask({ items: mugs(1) });
    trial.provider.isAway = true;
    await trial.receive(second.returnId);
    await trial.until(async () => (await trial.stockOf("mug"))?.shipped === 2);
    trial.provider.isAway = false;
    await cancelled(trial.running, second.returnId);
    await trial.untilReturn(second.returnId, "completed", 500);
    assert.deepEqual(paidBack(trial), [1_000]);
    await trial.stop();
  });

  void test("is paid back once, though the provider was away and its answers were lost", async () => {
    const trial = await sentOrder();
    const { returnId } = await trial.ask({ items: mugs(1) });
    trial.provider.isLosing = true;
    await trial.receive(returnId);
    await trial.until(async () => trial.provider.givenBack.size > 0, 500);
    trial.provider.isLosing = false;
    trial.provider.isAway = true;
    for (let turn = 0; turn < 50; turn++) await trial.until(async () => true, 500);
    assert.equal(await trial.statusOf(returnId), "received");
    trial.provider.isAway = false;
    await trial.untilReturn(returnId, "completed", 500);
    assert.deepEqual(paidBack(trial), [1_000]);
    await trial.stop();
  });

  void test("that the provider refuses stays open, with the reason at its step", async () => {
    const trial = await sentOrder();
    const { returnId } = await trial.ask({ items: mugs(1) });
    trial.provider.isDisputed = true;
    await trial.receive(returnId);
    const waits = async () => (await trial.running.engine.waits(`return-${returnId}`)).map(({ text }) => text).join();
    await trial.until(async () => /give-back-money/.test(await waits().catch(() => "")), 100);
    trial.provider.isDisputed = false;
    await trial.untilReturn(returnId, "completed", 500);
    await trial.stop();
  });

  void test("that the provider refuses for more than a day is a person's, who has it tried again", async () => {
    const trial = await sentOrder();
    const { engine } = trial.running;
    const stalled = new StalledRuns(engine);
    const asked = async () => {
      const page = valueOf(await stalled.compare({ from: 0, to: 0 }, trial.call));
      const { cursor } = page;
      assert.ok(cursor !== undefined, "first those that stall, then those that failed");
      return [...page.differences, ...valueOf(await stalled.compare({ from: 0, to: 0, cursor }, trial.call)).differences];
    };
    const { returnId } = await trial.ask({ items: mugs(1) });
    const run = `return-${returnId}`;
    trial.provider.isDisputed = true;
    await trial.receive(returnId);
    await trial.until(async () => (await trial.stockOf("mug"))?.shipped === 2);
    assert.deepEqual(await asked(), [], "it is tried still");
    await trial.until(async () => (await engine.get(run))?.status === "failed", 100_000);
    const [question, ...more] = await asked();
    assert.deepEqual([question?.cause, question?.subject, more], ["run-failed", run, []]);
    assert.match(question?.found ?? "", /refund-refused/);
    const recheck = async () => {
      const questions = [{ questionId: "q1", cause: "run-failed", subject: run }];
      return valueOf(await stalled.recheck({ questions }, trial.call)).settled;
    };
    assert.deepEqual(await recheck(), []);
    trial.provider.isDisputed = false;
    const { entries } = await engine.history(run);
    const refund = entries.find((entry) => entry.kind === "step" && entry.name === "give-back-money");
    assert.ok(refund?.kind === "step");
    void engine.reset(run, refund.id);
    await trial.untilReturn(returnId, "completed", 500);
    assert.deepEqual([await recheck(), await asked()], [["q1"], []]);
    assert.deepEqual(paidBack(trial), [1_000]);
    await trial.stop();
  });

  void test("goes on in another process where the first one ended, at whatever moment", async () => {
    for (let moment = 0; moment < 90; moment += 3) {
      const trial = await sentOrder();
      const { returnId } = await trial.ask({ items: mugs(2) });
      await trial.receive(returnId, moment % 2 === 0 ? [1] : []);
      let turns = 0;
      await trial.until(async () => turns++ >= moment);
      await trial.stop();
      const another = trial.open();
      const running = another.start();
      const following = another.startReturns(running);
      await trial.untilReturn(returnId, "completed", 100);
      await trial.until(async () => (await shownBy(trial, trial.orderId)).length === 1, 100);
      assert.deepEqual(paidBack(trial), [2_000], `moment ${moment}`);
      const expected = moment % 2 === 0 ? "7 on hand, 1 shipped, 2 written off" : "9 on hand, 1 shipped, 0 written off";
      assert.equal(await stockLine(trial), expected, `moment ${moment}`);
      await following.stop();
      await running.stop();
    }
  });

  void test("asked for many times at once comes back once each, and together is what was charged", async () => {
    const trial = await sentOrder();
    const call = (n: number) => ({ context: trial.context, key: `C${n % 4}` });
    const received = { writtenOff: [] };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        trial.returns.request({ orderId: trial.orderId, reason: "too big", items: mugs(1), received }, call(n)),
      ),
    );
    const ids = new Set(answers.flatMap((answer) => ("value" in answer ? [answer.value.returnId] : [])));
    assert.equal(ids.size, 3);
    for (const returnId of ids) await trial.untilReturn(returnId, "completed");
    assert.deepEqual([paidBack(trial), await stockLine(trial)], [[1_000, 1_000, 1_000], "10 on hand, 0 shipped, 0 written off"]);
    await trial.stop();
  });
});

/** Its answer comes when the run is asked, which the clock has to go on for. */
async function cancelled({ engine }: FulfilmentService, returnId: string): Promise<void> {
  void engine.cancel(`return-${returnId}`, "by an operator").catch(() => undefined); // refused once the pieces are here
}
