import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { ParcelStatus } from "./carrier.ts";
import type { ShipmentEvent } from "./events.ts";
import { isUnderWay, shipmentDecider, shipmentStates, type ShipmentCommand } from "./shipment.ts";

const about = { shipmentId: "shp_1", orderId: "ord_1" };

/** The carrier's word: the parcel is so since the `changedAt`th millisecond. */
function said(status: ParcelStatus, changedAt: number, type: "create" | "report" = "report"): ShipmentCommand {
  const parcel = { parcelId: "pc_1", key: "k", reference: "ord_1", trackingNumber: "T1", status, changedAt };
  return { type, ...about, carrier: "sb", parcel };
}
const create = said("created", 1, "create");
const hold = (reason: string): ShipmentCommand => ({ type: "hold", ...about, reason });
const cancel: ShipmentCommand = { type: "cancel", ...about, reason: "late" };
const handOver: ShipmentCommand = { type: "hand-over", ...about };
const release = (changedAt: number): ShipmentCommand => ({ type: "release", ...about, changedAt });

function fold(commands: readonly ShipmentCommand[]) {
  let state = shipmentDecider.initial;
  const events: ShipmentEvent[] = [];
  const refusals: string[] = [];
  for (const command of commands) {
    const decision = shipmentDecider.decide(command, state, 0);
    if ("refusal" in decision) refusals.push(decision.refusal.code);
    else {
      events.push(...decision.events);
      state = decision.events.reduce((before, event) => shipmentDecider.evolve(before, event), state);
    }
  }
  return { state, types: events.map(({ type }) => type.replace("Shipment", "")).join(" "), refusals };
}

/** [given and when, the events' names, the refusals, the status then] */
const STORIES: Readonly<Record<string, readonly [readonly ShipmentCommand[], string, readonly string[], string]>> = {
  "is created once": [[create, create], "Created", [], "created"],
  "is handed over once": [[create, handOver, handOver], "Created HandedOver", [], "in-transit"],
  "that is missing is neither handed over nor held": [
    [handOver, hold("odd"), release(1)],
    "",
    ["shipment-missing", "shipment-missing", "shipment-missing"],
    "absent",
  ],
  "that is held is not handed over until it is released": [
    [create, hold("odd"), handOver, release(5), handOver],
    "Created Held Released HandedOver",
    ["shipment-held"],
    "in-transit",
  ],
  "is held for one reason once, for another again": [
    [create, hold("odd"), hold("odd"), hold("very odd")],
    "Created Held Held",
    [],
    "held",
  ],
  "is cancelled also when it is held": [[create, hold("odd"), cancel, cancel], "Created Held Cancelled", [], "cancelled"],
  "that was cancelled is not created, held or handed over": [
    [cancel, create, hold("odd"), handOver],
    "Cancelled",
    ["shipment-cancelled", "shipment-cancelled", "shipment-cancelled"],
    "cancelled",
  ],
  "that is under way is not cancelled, held or released": [
    [create, handOver, cancel, hold("odd"), release(5)],
    "Created HandedOver",
    ["shipment-under-way", "shipment-under-way", "shipment-under-way"],
    "in-transit",
  ],
  "is delivered, whatever is said late": [
    [create, handOver, said("delivered", 9), said("in-transit", 5), said("delivered", 9), said("held", 3)],
    "Created HandedOver Delivered",
    [],
    "delivered",
  ],
  "that arrives before it was heard to leave has left": [
    [create, said("delivered", 9), said("in-transit", 5), handOver],
    "Created HandedOver Delivered",
    [],
    "delivered",
  ],
  "may fail": [[create, said("in-transit", 5), said("failed", 9)], "Created HandedOver Failed", [], "failed"],
  "ends in one way": [
    [create, handOver, said("failed", 8), said("delivered", 9)],
    "Created HandedOver Failed",
    ["parcel-contradicts"],
    "failed",
  ],
  "is held and released by the carrier": [[create, said("held", 3), said("created", 4)], "Created Held Released", [], "created"],
  "that an operator holds the carrier does not release": [
    [create, hold("odd"), said("held", 3), said("created", 4)],
    "Created Held",
    [],
    "held",
  ],
  "is not held again by what was said before it was released": [
    [create, said("held", 3), release(6), said("held", 3), said("created", 6)],
    "Created Held Released",
    [],
    "created",
  ],
  "that we hold travels when the carrier has it nevertheless": [
    [create, hold("odd"), said("in-transit", 5)],
    "Created Held HandedOver",
    [],
    "in-transit",
  ],
  "that is heard of before the answer to its order is created by that": [
    [said("delivered", 9), create],
    "Created HandedOver Delivered",
    [],
    "delivered",
  ],
  "that the carrier gave back is cancelled": [[create, said("cancelled", 4)], "Created Cancelled", [], "cancelled"],
  "that was cancelled and moves is somebody's question": [
    [create, cancel, said("in-transit", 5), said("cancelled", 4)],
    "Created Cancelled",
    ["parcel-contradicts"],
    "cancelled",
  ],
  "that has left and is held, or gone, is somebody's question": [
    [create, handOver, said("held", 5), said("cancelled", 6)],
    "Created HandedOver",
    ["parcel-contradicts", "parcel-contradicts"],
    "in-transit",
  ],
};

void describe("a shipment", () => {
  for (const [name, [commands, events, refusals, status]] of Object.entries(STORIES)) {
    void test(name, () => {
      const told = fold(commands);
      assert.deepEqual([told.types, told.refusals, told.state.status], [events, refusals, status]);
    });
  }

  void test("ends delivered, failed or cancelled", () => {
    assert.deepEqual(shipmentStates.terminal, ["delivered", "failed", "cancelled"]);
  });

  void test("whatever is said in whatever order, a held one is never handed over, and what has left stays so", () => {
    const commands = fc.oneof(
      fc.constantFrom(create, hold("odd"), cancel, handOver, release(7)),
      fc
        .tuple(
          fc.constantFrom<ParcelStatus>("created", "held", "in-transit", "delivered", "failed", "cancelled"),
          fc.integer({ min: 1, max: 9 }),
        )
        .map(([status, at]) => said(status, at)),
    );
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 12 }), (all) => {
        let before = fold([]).state;
        for (let n = 1; n <= all.length; n++) {
          const { state } = fold(all.slice(0, n));
          if (before.status === "held" && all[n - 1]?.type === "hand-over") assert.equal(state.status, "held");
          if (isUnderWay(before)) assert.ok(isUnderWay(state));
          if (before.status === "cancelled") assert.equal(state.status, "cancelled");
          before = state;
        }
      }),
      { numRuns: 300 },
    );
  });

  void test("news in any order, twice or once, come to the same end", () => {
    const news = [said("held", 2), said("created", 3), said("in-transit", 4), said("delivered", 5)];
    fc.assert(
      fc.property(fc.shuffledSubarray([...news, ...news], { minLength: 8 }), (all) => {
        assert.equal(fold([create, ...all]).state.status, "delivered");
      }),
    );
  });
});
