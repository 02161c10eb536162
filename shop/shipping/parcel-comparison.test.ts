import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { client } from "@daybook/network/rpc/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { localTransport } from "@daybook/network/rpc/server";
import { comparisonContract, type Difference } from "@daybook/shop-questions/contract";
import { context, trialShipping } from "./conformance/trial.ts";
import { parcelKeyOf } from "./shipment-id.ts";

const call = { context };
const DAY_MS = 24 * 60 * 60 * 1_000;

function trial() {
  const around = trialShipping();
  const { clock, shipping, carrier } = around;
  const { operations } = shipping;
  const local = localTransport({ clock });
  local.add(shipping.comparison);
  const comparing = client(comparisonContract("shipping"), local.transport);
  const create = (orderId: string) => operations.create({ orderId, pieces: 1 }, call);
  const handOver = (orderId: string) => operations.handOver({ orderId }, call);
  const move = (orderId: string, status: Parameters<typeof carrier.move>[1]) => carrier.move(parcelKeyOf(orderId), status);

  async function compare(to = clock.now() + 1): Promise<readonly Difference[]> {
    clock.advance(to - clock.now());
    const found: Difference[] = [];
    let cursor: string | undefined;
    do {
      const page = valueOf(await comparing.compare({ from: 0, to, ...(cursor !== undefined && { cursor }) }, call));
      found.push(...page.differences);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }
  const found = async () => {
    const differences = await compare();
    return [...new Set(differences.map(({ cause, orderId = "", found }) => `${cause} ${orderId}: ${found}`))].toSorted();
  };
  const recheck = async (differences: readonly Difference[]) => {
    const questions = differences.map(({ found: _, ...rest }, n) => ({ questionId: `q${n}`, ...rest }));
    return valueOf(await comparing.recheck({ questions }, call)).settled;
  };
  return { ...around, operations, create, handOver, move, compare, found, recheck };
}

void describe("shipments and the carrier's books", () => {
  void test("agree when each did what the other says, also when we have given out what was not fetched yet", async () => {
    const { create, handOver, move, operations, found, storyOf, asked } = trial();
    for (const orderId of ["made", "given", "back", "held", "lateHook", "delivered"]) await create(orderId);
    for (const orderId of ["given", "delivered"]) await handOver(orderId);
    await operations.cancel({ orderId: "back", reason: "late" }, call);
    await operations.cancel({ orderId: "never", reason: "late" }, call);
    await operations.hold("held", "odd", context);
    move("lateHook", "in-transit");
    move("delivered", "delivered");
    assert.deepEqual([await found(), asked], [[], []]);
    assert.deepEqual(
      [await storyOf("lateHook"), await storyOf("delivered")],
      ["Created HandedOver", "Created HandedOver Delivered"],
      "what no web hook told is heard",
    );
  });

  void test("differ in each of these ways, and each is named", async () => {
    const { create, handOver, move, operations, found, carrier } = trial();
    for (const orderId of ["gone", "state", "ours", "taken", "lost", "held"]) await create(orderId);
    carrier.parcels.delete(parcelKeyOf("gone"));
    await operations.cancel({ orderId: "state", reason: "late" }, call);
    move("state", "delivered");
    await operations.hear(move("ours", "delivered"), context);
    move("ours", "in-transit");
    await handOver("taken");
    move("taken", "cancelled");
    move("lost", "failed");
    carrier.isAway = true;
    await assert.rejects(operations.hold("held", "odd", context));
    carrier.isAway = false;
    const strange = { parcelId: "pc_99", key: "another's", reference: "ord x", trackingNumber: "SB9", changedAt: 0 } as const;
    carrier.parcels.set("another's", { ...strange, status: "created" });
    assert.deepEqual(await found(), [
      "parcel-differs held: There: created. Here: held by the operator.",
      "parcel-differs ours: There: in-transit. Here: delivered.",
      "parcel-differs state: There: delivered. Here: cancelled.",
      "parcel-lost lost: There: failed. Here: failed.",
      "parcel-missing gone: There: nothing. Here: created.",
      "parcel-taken-back taken: There: cancelled. Here: in-transit.",
      "parcel-unknown : There: created. Here: nothing.",
    ]);
  });

  void test("what is right again is settled, and what is not stays", async () => {
    const { create, move, operations, compare, recheck, carrier } = trial();
    for (const orderId of ["gone", "held"]) await create(orderId);
    const parcel = move("gone", "created");
    carrier.parcels.delete(parcelKeyOf("gone"));
    carrier.isAway = true;
    await assert.rejects(operations.hold("held", "odd", context));
    carrier.isAway = false;
    const one = [...new Map((await compare()).map((each) => [each.cause, each])).values()];
    assert.deepEqual(one.map(({ cause }) => cause).toSorted(), ["parcel-differs", "parcel-missing"]);
    assert.deepEqual(await recheck(one), []);
    carrier.parcels.set(parcel.key, parcel);
    await operations.hold("held", "odd", context);
    assert.deepEqual((await recheck(one)).toSorted(), ["q0", "q1"]);
  });

  void test("a parcel that is on its way for two weeks is late, as the watch and a second look find", async () => {
    const { create, handOver, operations, recheck, asked, clock, carrier, move } = trial();
    await create("a");
    await handOver("a");
    clock.advance(13 * DAY_MS);
    await operations.lookUp("a", context);
    assert.equal(asked.length, 0);
    clock.advance(2 * DAY_MS);
    await operations.lookUp("a", context);
    const [late] = asked;
    assert.deepEqual(
      asked.map(({ cause, orderId }) => [cause, orderId]),
      [["parcel-late", "a"]],
    );
    assert.ok(late);
    const { source: _, ...question } = late;
    assert.deepEqual(await recheck([question]), []);
    move("a", "delivered");
    assert.deepEqual(await recheck([question]), ["q0"]);
    assert.equal(carrier.parcels.size, 1);
  });
});
