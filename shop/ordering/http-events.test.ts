import assert from "node:assert/strict";
import { request as open, type IncomingMessage } from "node:http";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { httpTrial } from "@daybook/testing/http-trial";
import { outcomeOf, trialOrders } from "./conformance/trial.ts";
import { cancelOrder, holdOrder } from "./contract.ts";
import { orderRoutes } from "./http.ts";

/** Orders behind a real socket; two customers and an operator. */
async function trial() {
  const orders = trialOrders();
  const { service: ordering, store, clock } = orders;
  const { server } = httpTrial({ routes: orderRoutes({ ordering, store, clock }), clock, customers: ["cus_1", "cus_2"] });
  const url = await server.listen(0);
  const orderId = await orders.place({ customerId: "cus_1" });
  const follow = async (as = "cus_1", lastEventId?: string) => {
    const headers = { authorization: `Bearer dbk_${as}`, ...(lastEventId !== undefined && { "last-event-id": lastEventId }) };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      open(`${url}/api/v1/orders/${orderId}/events`, { headers }, resolve).on("error", reject).end();
    });
    return new Follower(answer);
  };
  const change = (operation: typeof holdOrder, reason: string) => outcomeOf(ordering, operation, { orderId, reason });
  return { ...orders, server, orderId, follow, change };
}

class Follower {
  text = "";
  isOver = false;
  readonly answer: IncomingMessage;

  constructor(answer: IncomingMessage) {
    this.answer = answer;
    answer.on("data", (chunk: Buffer) => (this.text += chunk.toString()));
    answer.on("error", () => undefined);
    answer.on("close", () => (this.isOver = true));
  }

  get events(): readonly { readonly id: string; readonly event: string; readonly data: Record<string, unknown> }[] {
    return [...this.text.matchAll(/id: (.+)\nevent: (.+)\ndata: (.+)\n\n/g)].map(([, id = "", event = "", data = ""]) => ({
      id,
      event,
      data: JSON.parse(data) as Record<string, unknown>,
    }));
  }

  async until(holds: (follower: this) => boolean): Promise<void> {
    for (let turn = 0; !holds(this); turn++) {
      assert.ok(turn < 1_000_000, `it comes to that: ${this.text}`);
      await setImmediate();
    }
  }
}

const states = ({ events }: Follower) => events.map(({ event, data }) => [event, data["status"], data["isHeld"]]);

void describe("an order that is followed", () => {
  void test("is told from its beginning, then as it happens, and ends with the order", async () => {
    const { follow, change, server } = await trial();
    const follower = await follow();
    assert.match(String(follower.answer.headers["content-type"]), /^text\/event-stream/);
    await follower.until(({ events }) => events.length === 1);
    await change(holdOrder, "odd");
    await follower.until(({ events }) => events.length === 2);
    assert.ok(!follower.isOver);
    await change(cancelOrder, "late");
    await follower.until(({ isOver }) => isOver);
    assert.deepEqual(states(follower), [["OrderPlaced", "placed", false], ["OrderHeld", "placed", true], ["OrderCancelled", "cancelled", false]]); // prettier-ignore
    assert.deepEqual(follower.events.map(({ data }) => data["version"]), [1, 2, 3]); // prettier-ignore
    await server.close();
  });

  void test("goes on behind the last event that the reader has, and says when there is no more to come", async () => {
    const { follow, change, server } = await trial();
    const first = await follow();
    await first.until(({ events }) => events.length === 1);
    first.answer.destroy();
    await change(holdOrder, "odd");
    const second = await follow("cus_1", first.events[0]?.id);
    await second.until(({ events }) => events.length === 1);
    await change(cancelOrder, "late");
    await second.until(({ isOver }) => isOver);
    assert.deepEqual(second.events.map(({ event }) => event), ["OrderHeld", "OrderCancelled"]); // prettier-ignore
    const third = await follow("cus_1", second.events[1]?.id);
    assert.equal(third.answer.statusCode, 204);
    assert.equal((await follow("cus_1", "nonsense")).answer.statusCode, 400);
    assert.equal((await follow("cus_1", "p9-1")).answer.statusCode, 409);
    await server.close();
  });

  void test("is the customer's own, and the operators'", async () => {
    const { follow, server } = await trial();
    assert.equal((await follow("cus_2")).answer.statusCode, 404);
    const follower = await follow("operator");
    await follower.until(({ events }) => events.length === 1);
    await server.close();
    await follower.until(({ isOver }) => isOver);
  });

  void test("is heard of by all who follow it, and by nobody else; nothing is watched when all have left", async () => {
    const { store, ...orders } = await trial();
    const { follow, change, server } = orders;
    let watching = 0;
    const watch = store.watch.bind(store);
    Object.assign(store, {
      watch: (listener: () => void) => {
        watching++;
        const unwatch = watch(listener);
        return () => (watching--, unwatch());
      },
    });
    const followers = await Promise.all([follow(), follow("operator"), follow("operator")]);
    for (const each of followers) await each.until(({ events }) => events.length === 1);
    assert.equal(watching, 1);
    await orders.place({ customerId: "cus_2" });
    await change(holdOrder, "odd");
    for (const each of followers) await each.until(({ events }) => events.length === 2);
    assert.ok(followers.every(({ events }) => events.length === 2));
    for (const { answer } of followers) answer.destroy();
    await followers[0]?.until(() => watching === 0);
    await server.close();
  });
});
