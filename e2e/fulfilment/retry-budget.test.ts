import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Clock } from "@daybook/kernel/clock";
import { partnerUnavailable } from "@daybook/network/http/errors";
import type { JsonClient } from "@daybook/network/http/json-client";
import { partner } from "@daybook/network/http/partner";
import { httpCardProvider } from "../../shop/payments/http-card-provider.ts";
import { trialFulfilment } from "./trial.ts";

const ORDERS = 200;
/** Of the budget: a second's worth at once, and so many a second. */
const PER_SECOND = 20;

/** A card provider's interface that is away at first; what it is asked is counted by second. */
function playedProvider() {
  const charged = new Map<string, number>();
  const calls: { readonly at: number; readonly name: string }[] = [];
  const state = { isAway: true };
  const client = (clock: Clock): JsonClient => ({
    async request({ path, key = "", body }) {
      calls.push({ at: clock.elapsed(), name: `${path} ${key}` });
      if (state.isAway) throw partnerUnavailable("away");
      const { reference, amountMinor, currency } = body as Readonly<Record<string, unknown>>; // of a charge
      if (path !== "/card/v1/charges") return { status: 200, body: { result: "cancelled", refundedMinor: 0 } };
      if (!charged.has(key)) charged.set(key, charged.size);
      const charge = { id: `ch_${charged.get(key)}`, key, reference, amountMinor, currency, status: "succeeded" };
      return { status: 200, body: charge };
    },
    close: async () => {},
  });
  const retries = () => calls.length - new Set(calls.map(({ name }) => name)).size;
  return {
    charged,
    calls,
    state,
    retries,
    cards: (clock: Clock) => httpCardProvider(partner({ name: "card provider", client: client(clock), clock })),
  };
}

void describe("a partner that is away while hundreds of orders want it", () => {
  void test("is called a bounded number of times, and when it is back every order is carried out", async () => {
    const provider = playedProvider();
    const trial = await trialFulfilment(ORDERS, provider.cards);
    const running = trial.start();
    const orders: string[] = [];
    for (let n = 0; n < ORDERS; n++) orders.push(await trial.place());
    const began = trial.clock.elapsed();
    const seconds = () => (trial.clock.elapsed() - began) / 1_000;
    await trial.until(async () => seconds() >= 10, 100);
    assert.equal(new Set(provider.calls.map(({ name }) => name)).size, ORDERS, "each was asked for");
    const bound = PER_SECOND * (seconds() + 2);
    assert.ok(provider.retries() <= bound, `${provider.retries()} retries, at most ${bound}`);
    assert.ok(provider.retries() > PER_SECOND, "some were tried again");

    provider.state.isAway = false;
    await trial.until(async () => (await Promise.all(orders.map((id) => trial.isOver(running, id)))).every(Boolean), 200);
    const statuses = await Promise.all(orders.map((id) => trial.orderStatus(id)));
    assert.deepEqual([...new Set(statuses)], ["shipped"], "waiting for a turn has cost no order an attempt");
    assert.equal(provider.charged.size, ORDERS);
    await running.stop();
  });

  void test("is called no more often when that lasts, and the orders are undone once it is back", async () => {
    const provider = playedProvider();
    const trial = await trialFulfilment(ORDERS, provider.cards);
    const running = trial.start();
    const orders: string[] = [];
    for (let n = 0; n < ORDERS; n++) orders.push(await trial.place());
    const began = trial.clock.elapsed();
    const haveFailed = async () =>
      (await Promise.all(orders.map((id) => trial.orderStatus(id)))).every((each) => each === "failed");
    await trial.until(haveFailed, 500);
    const bound = PER_SECOND * ((trial.clock.elapsed() - began) / 1_000 + 2);
    assert.ok(provider.retries() <= bound, `${provider.retries()} retries, at most ${bound}`);
    const charges = Map.groupBy(
      provider.calls.filter(({ name }) => name.startsWith("/card/v1/charges")),
      ({ name }) => name,
    );
    const attempts = [...charges.values()].map((calls) => calls.length);
    assert.deepEqual(new Set(attempts), new Set([5]), "each step had its five attempts: waiting for a turn is none");
    provider.state.isAway = false;
    await trial.until(async () => (await Promise.all(orders.map((id) => trial.isOver(running, id)))).every(Boolean), 500);
    assert.equal(provider.charged.size, 0);
    assert.equal((await trial.stockOf("mug"))?.onHand, ORDERS);
    await running.stop();
  });
});
