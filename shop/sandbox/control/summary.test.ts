import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openGatheredFile } from "../file/gathered-file.ts";
import { journal } from "../file/journal.ts";
import { manualClock } from "../trial/manual-clock.ts";
import { CHARGE, PARCEL, trial } from "../trial/trial.ts";
import { summary } from "./summary.ts";

describe("the summary", () => {
  test("counts money by currency, parcels by status, and what stands", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { card: { settleAfterMs: null } });
    const charge = (change: object) => world.post("/card/v1/charges", { ...CHARGE, ...change });
    const { id } = (await charge({ reference: "a" })).body;
    await world.post(`/card/v1/charges/${id}/refunds`, { amountMinor: 250 });
    await charge({ reference: "b", token: "tok_pending" });
    await charge({ reference: "c", token: "tok_declined" });
    await charge({ reference: "d", currency: "USD" });
    const disputed = (await charge({ reference: "e", currency: "USD" })).body.id;
    await world.post(`/control/card/charges/${disputed}`, { status: "disputed" }, null);
    await world.post("/carrier/v1/parcels", PARCEL);
    const { body } = await world.get("/control/summary");
    assert.deepEqual(body["charges"], { declined: 1, disputed: 1, pending: 1, succeeded: 2 });
    assert.deepEqual(body["money"], [
      { currency: "EUR", chargedMinor: 1250, refundedMinor: 250, pendingMinor: 1250, disputedMinor: 0 },
      { currency: "USD", chargedMinor: 2500, refundedMinor: 0, pendingMinor: 0, disputedMinor: 1250 },
    ]);
    assert.deepEqual(body["parcels"], { created: 1 });
    assert.deepEqual(body["hooks"], { pending: 1 });
    assert.equal(body["keysWithMoreThanOneEffect"], 0);
  });

  test("finds one thing paid or sent twice under two keys, but not what was undone in between", async () => {
    await using world = await trial();
    for (const key of ["k1", "k2"]) {
      await world.post("/card/v1/charges", CHARGE, key);
      await world.post("/carrier/v1/parcels", PARCEL, key);
    }
    await world.post("/card/v1/charges", { ...CHARGE, reference: "order-2" }, "k3");
    await world.post("/card/v1/cancellations", { chargeKey: "k3" });
    await world.post("/card/v1/charges", { ...CHARGE, reference: "order-2" }, "k4");
    const { charges, parcels } = (await world.get("/control/summary")).body["repeated"] as Record<string, object>;
    assert.deepEqual(charges, { count: 1, examples: ["order-1"] });
    assert.deepEqual(parcels, { count: 1, examples: ["order-1"] });
  });

  test("finds a key with two effects in the journal, however it came there", async () => {
    const data = await mkdtemp(join(tmpdir(), "daybook-sandbox-"));
    const file = openGatheredFile(data);
    const notes = journal(file, manualClock());
    const attempt = { partner: "card", operation: "charge", key: "k1", digest: "d", isLost: false } as const;
    for (const outcome of ["done", "replayed", "done"] as const) {
      await file.change(() => notes.record(attempt, { outcome, isEffect: outcome === "done" }));
    }
    const { keysWithMoreThanOneEffect } = summary(file)() as { keysWithMoreThanOneEffect: number };
    assert.equal(keysWithMoreThanOneEffect, 1);
    file.close();
    await rm(data, { recursive: true });
  });
});
