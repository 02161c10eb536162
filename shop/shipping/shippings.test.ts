import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { levelName } from "@daybook/messaging/queue";
import { valueOf, type Answer } from "@daybook/network/rpc/contract";
import { context, SHOP, trialShipping } from "./conformance/trial.ts";
import { parcelWatch } from "./parcel-watch.ts";
import { parcelKeyOf, shipmentIdOf } from "./shipment-id.ts";

const call = { context };
const HOUR_MS = 60 * 60 * 1_000;

function codeOf(answer: Answer<unknown>): string {
  return "refusal" in answer ? answer.refusal.code : "done";
}

/** With the shipment of order "a". */
async function shipped() {
  const trial = trialShipping();
  valueOf(await trial.shipping.operations.create({ orderId: "a", pieces: 1 }, call));
  return { ...trial, operations: trial.shipping.operations, key: parcelKeyOf("a") };
}

void describe("creating a shipment", () => {
  void test("makes one parcel an order, however often and wherever it is asked", async () => {
    const { shipping, open, carrier, storyOf, contacts } = trialShipping();
    contacts.set("a", { firstName: "Ada", address: { street: "Weg 1", city: "Bonn", country: "Germany" } });
    const asked = [shipping, open(), shipping, open()].map(({ operations }) =>
      operations.create({ orderId: "a", pieces: 3 }, call),
    );
    const answers = (await Promise.all(asked)).map(valueOf);
    for (const answer of answers) {
      assert.deepEqual(answer, {
        shipmentId: shipmentIdOf("a"),
        carrier: "sb",
        trackingNumber: "SB1",
      });
    }
    assert.deepEqual(carrier.recipients, [{ name: "Ada", lines: ["Weg 1"], city: "Bonn", country: "DE" }]);
    assert.equal(await storyOf("a"), "Created");
  });

  void test("after an answer that was lost it is the same parcel", async () => {
    const { shipping, carrier, storyOf } = trialShipping();
    carrier.isLosing = true;
    const lost = shipping.operations.create({ orderId: "a", pieces: 1 }, call);
    await assert.rejects(lost, { code: "carrier-unavailable", retryable: true });
    assert.equal(await storyOf("a"), "");
    carrier.isLosing = false;
    assert.equal(valueOf(await shipping.operations.create({ orderId: "a", pieces: 1 }, call)).trackingNumber, "SB1");
    assert.equal(carrier.parcels.size, 1);
  });

  void test("goes to the shop without an address, and is refused where nothing can be collected", async () => {
    const { shipping, carrier } = trialShipping();
    valueOf(await shipping.operations.create({ orderId: "a", pieces: 1 }, call));
    assert.deepEqual(carrier.recipients, [{ name: "Order a", ...SHOP }]);
    const elsewhere = trialShipping({ collectAt: undefined as never });
    assert.equal(codeOf(await elsewhere.shipping.operations.create({ orderId: "a", pieces: 1 }, call)), "address-missing");
    assert.equal(elsewhere.carrier.parcels.size, 0);
  });
});

void describe("cancelling a shipment", () => {
  void test("before it was created, a parcel that comes later is refused, at the carrier's and here", async () => {
    const { shipping, open, carrier, storyOf } = trialShipping();
    for (const { operations } of [shipping, open()]) valueOf(await operations.cancel({ orderId: "a", reason: "late" }, call));
    assert.equal(codeOf(await open().operations.create({ orderId: "a", pieces: 1 }, call)), "shipment-cancelled");
    assert.deepEqual([carrier.parcels.size, await storyOf("a")], [0, "Cancelled"]);
  });

  void test("takes the parcel back, and refuses to hand it over", async () => {
    const { operations, carrier, key, storyOf } = await shipped();
    valueOf(await operations.cancel({ orderId: "a", reason: "late" }, call));
    assert.equal(carrier.parcels.get(key)?.status, "cancelled");
    assert.equal(codeOf(await operations.handOver({ orderId: "a" }, call)), "shipment-cancelled");
    assert.equal(await storyOf("a"), "Created Cancelled");
  });

  void test("is refused once handed over, without asking the carrier", async () => {
    const { operations, carrier, key } = await shipped();
    valueOf(await operations.handOver({ orderId: "a" }, call));
    assert.equal(codeOf(await operations.cancel({ orderId: "a", reason: "late" }, call)), "shipment-under-way");
    assert.equal(carrier.parcels.get(key)?.status, "created");
  });

  void test("is refused when the carrier has it already, and that is learnt by the way", async () => {
    const { operations, carrier, key, storyOf } = await shipped();
    carrier.move(key, "in-transit");
    assert.equal(codeOf(await operations.cancel({ orderId: "a", reason: "late" }, call)), "shipment-under-way");
    assert.equal(await storyOf("a"), "Created HandedOver");
  });

  void test("while the carrier is away nothing is recorded", async () => {
    const { operations, carrier, storyOf } = await shipped();
    carrier.isAway = true;
    await assert.rejects(operations.cancel({ orderId: "a", reason: "late" }, call), { code: "carrier-unavailable" });
    assert.equal(await storyOf("a"), "Created");
  });

  void test("in the moment of its handing over leaves a question for a person", async () => {
    const { operations, open, carrier, key, asked } = await shipped();
    const other = open().operations;
    carrier.cancel = async () => {
      valueOf(await other.handOver({ orderId: "a" }, call));
      carrier.move(key, "cancelled");
      return "cancelled";
    };
    assert.equal(codeOf(await operations.cancel({ orderId: "a", reason: "late" }, call)), "shipment-under-way");
    assert.equal(asked[0]?.cause, "parcel-taken-back");
  });
});

void describe("holding a shipment", () => {
  void test("keeps it here and at the carrier until it is released", async () => {
    const { operations, carrier, key, storyOf } = await shipped();
    valueOf(await operations.hold("a", "odd", context));
    assert.equal(carrier.parcels.get(key)?.status, "held");
    assert.equal(codeOf(await operations.handOver({ orderId: "a" }, call)), "shipment-held");
    valueOf(await operations.release("a", context));
    assert.equal(carrier.parcels.get(key)?.status, "created");
    valueOf(await operations.handOver({ orderId: "a" }, call));
    assert.equal(await storyOf("a"), "Created Held Released HandedOver");
  });

  void test("holds here also while the carrier is away; asked again, there too", async () => {
    const { operations, carrier, key, storyOf } = await shipped();
    carrier.isAway = true;
    await assert.rejects(operations.hold("a", "odd", context), { code: "carrier-unavailable" });
    assert.equal(codeOf(await operations.handOver({ orderId: "a" }, call)), "shipment-held");
    carrier.isAway = false;
    valueOf(await operations.hold("a", "odd", context));
    assert.equal(carrier.parcels.get(key)?.status, "held");
    assert.equal(await storyOf("a"), "Created Held");
  });

  void test("is refused when the carrier has it, and when there is none", async () => {
    const { operations, carrier, key, storyOf } = await shipped();
    carrier.move(key, "delivered");
    assert.equal(codeOf(await operations.hold("a", "odd", context)), "shipment-under-way");
    assert.equal(await storyOf("a"), "Created Held HandedOver Delivered");
    assert.equal(codeOf(await operations.hold("b", "odd", context)), "shipment-missing");
    assert.equal(codeOf(await operations.release("b", context)), "shipment-missing");
  });
});

void describe("the carrier's news", () => {
  void test("count once under one id, also when they come at once in two processes", async () => {
    const { operations, open, carrier, key, storyOf } = await shipped();
    const parcel = carrier.move(key, "delivered");
    const heard = await Promise.all([operations, open().operations].map((each) => each.hear(parcel, context, "msg_1")));
    assert.deepEqual(heard.toSorted(), ["known", "repeated"]);
    assert.equal(await operations.hear(parcel, context, "msg_1"), "repeated");
    assert.equal(await storyOf("a"), "Created HandedOver Delivered");
  });

  void test("of a parcel whose order was not answered yet make its shipment", async () => {
    const { shipping, carrier, storyOf } = trialShipping();
    carrier.isLosing = true;
    await assert.rejects(shipping.operations.create({ orderId: "a", pieces: 1 }, call));
    const parcel = carrier.move(parcelKeyOf("a"), "in-transit");
    assert.equal(await shipping.operations.hear(parcel, context, "msg_1"), "known");
    carrier.isLosing = false;
    assert.equal(valueOf(await shipping.operations.create({ orderId: "a", pieces: 1 }, call)).trackingNumber, "SB1");
    assert.equal(await storyOf("a"), "Created HandedOver");
  });

  void test("of a parcel that is not ours, or that cannot be, are asked of a person", async () => {
    const { operations, carrier, key, asked } = await shipped();
    const strange = { ...carrier.move(key, "created"), parcelId: "pc_9", key: "another's" };
    assert.equal(await operations.hear(strange, context, "msg_1"), "asked");
    assert.equal(await operations.hear(strange, context, "msg_1"), "repeated");
    valueOf(await operations.cancel({ orderId: "a", reason: "late" }, call));
    assert.equal(await operations.hear(carrier.move(key, "in-transit"), context, "msg_2"), "asked");
    assert.equal(await operations.hear(carrier.move(key, "in-transit"), context, "msg_2"), "repeated");
    assert.deepEqual(
      asked.map(({ subject, cause, found }) => [subject, cause, found]),
      [
        ["pc_9", "parcel-unknown", "There: created. Here: nothing."],
        ["pc_1", "parcel-differs", "There: in-transit. Here: cancelled."],
      ],
    );
  });
});

void describe("the watch over parcels", () => {
  async function watched() {
    const trial = await shipped();
    const consumer = trial.shipping.startWatch();
    async function pass(ms: number): Promise<void> {
      for (let turn = 0; turn < 50; turn++) {
        await setImmediate();
        trial.clock.advance(ms / 50);
      }
      for (let turn = 0; turn < 50; turn++) await setImmediate();
    }
    const waiting = () => trial.store.listDue(levelName(parcelWatch, 0), Number.MAX_SAFE_INTEGER);
    async function stop(): Promise<void> {
      const stopped = consumer.stop();
      await pass(100);
      await stopped;
    }
    return { ...trial, pass, waiting, stop };
  }

  void test("asks for a shipment that was not heard of for six hours, and then again, until its end", async () => {
    const { carrier, key, pass, waiting, stop, storyOf } = await watched();
    carrier.move(key, "in-transit");
    await pass(5 * HOUR_MS);
    assert.equal(await storyOf("a"), "Created");
    await pass(2 * HOUR_MS);
    assert.equal(await storyOf("a"), "Created HandedOver");
    carrier.move(key, "delivered");
    await pass(13 * HOUR_MS);
    assert.equal(await storyOf("a"), "Created HandedOver Delivered");
    await pass(7 * HOUR_MS);
    assert.deepEqual(await waiting(), []);
    await stop();
  });

  void test("lets one alone that was heard of meanwhile", async () => {
    const { operations, carrier, key, pass, stop, storyOf } = await watched();
    await pass(5 * HOUR_MS);
    await operations.hear(carrier.move(key, "in-transit"), context);
    carrier.move(key, "delivered");
    await pass(5 * HOUR_MS);
    assert.equal(await storyOf("a"), "Created HandedOver");
    await pass(2 * HOUR_MS);
    assert.equal(await storyOf("a"), "Created HandedOver Delivered");
    await stop();
  });

  void test("ends with the shipment", async () => {
    const { operations, waiting, stop } = await watched();
    assert.equal((await waiting()).length, 1);
    valueOf(await operations.cancel({ orderId: "a", reason: "late" }, call));
    assert.deepEqual(await waiting(), []);
    await stop();
  });

  void test("asks a person when the carrier does not know the parcel any more", async () => {
    const { carrier, key, pass, stop, asked } = await watched();
    carrier.parcels.delete(key);
    await pass(7 * HOUR_MS);
    assert.deepEqual([asked[0]?.cause, asked[0]?.subject], ["parcel-missing", "pc_1"]);
    await stop();
  });

  void test("goes on when the carrier was away for long", async () => {
    const { carrier, key, pass, stop, storyOf } = await watched();
    carrier.move(key, "in-transit");
    carrier.isAway = true;
    await pass(30 * HOUR_MS);
    carrier.isAway = false;
    await pass(13 * HOUR_MS);
    assert.equal(await storyOf("a"), "Created HandedOver");
    await stop();
  });
});

void test("whatever two processes do at once with a carrier that loses answers, each order has one parcel, or one that was taken back", async () => {
  const action = fc.record({
    kind: fc.constantFrom("create", "create", "cancel", "handOver", "hold", "release"),
    orderId: fc.constantFrom("a", "b"),
    process: fc.integer({ min: 0, max: 1 }),
    isLosing: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(action, { maxLength: 4 }), { maxLength: 5 }), async (waves) => {
      const { shipping, open, carrier, asked: questions } = trialShipping();
      const processes = [shipping.operations, open().operations];
      for (const wave of waves) {
        carrier.isLosing = wave.some(({ isLosing }) => isLosing);
        await Promise.allSettled(
          wave.map(async ({ kind, orderId, process }) => {
            const operations = processes[process];
            if (kind === "create") return operations?.create({ orderId, pieces: 1 }, call);
            if (kind === "cancel") return operations?.cancel({ orderId, reason: "late" }, call);
            if (kind === "handOver") return operations?.handOver({ orderId }, call);
            return kind === "hold" ? operations?.hold(orderId, "odd", context) : operations?.release(orderId, context);
          }),
        );
      }
      carrier.isLosing = false;
      for (const orderId of ["a", "b"]) {
        await shipping.operations.lookUp(orderId, context);
        const asked = questions.some((question) => question.orderId === orderId);
        const here = (await shipping.operations.get(orderId))?.status;
        const there = carrier.parcels.get(parcelKeyOf(orderId))?.status;
        if (there === "cancelled") assert.ok(here === "cancelled" || asked);
        if (here === "cancelled") assert.ok(there === "cancelled" || there === undefined);
        if (here === "created" || here === "in-transit") assert.ok(there === "created" || there === "held" || asked);
      }
      assert.ok(carrier.parcels.size <= 2);
    }),
    { numRuns: 100 },
  );
});
