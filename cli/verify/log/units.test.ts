import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import type { StoredEvent } from "@daybook/data/store";
import { factOf } from "./fact.ts";
import { unitsCheck } from "./units.ts";

describe("units of several facts", () => {
  test("are sound as they were committed", async () => {
    assert.deepEqual(await violations((facts) => facts), []);
  });

  test("are not when two of their facts are swapped, or have two times, or lack the last", async () => {
    assert.deepEqual(await violations(([a, b, c]) => [a, c, b]), ["ordinals rise within a unit", "its unit was committed at 3"]);
    const later = (fact: StoredEvent) => ({ ...fact, recordedAt: fact.recordedAt + 1 });
    assert.deepEqual(await violations(([a, b, c]) => [a, later(b), c]), ["a unit has one time", "a unit has one time"]);
    assert.deepEqual(await violations(([a, b]) => [a, b]), ["its unit was committed at 3"]);
  });

  test("are not when an id is no unit's", async () => {
    assert.deepEqual(await violations(([a]) => [{ ...a, id: "unt_1" }]), ["the id is not a unit's id and an ordinal"]);
  });
});

async function violations(
  change: (facts: [StoredEvent, StoredEvent, StoredEvent]) => readonly StoredEvent[],
): Promise<readonly string[]> {
  const store = memoryStore();
  const added = { type: "Added", schemaVersion: 1, data: "{}" };
  await store.commit({
    id: "unt_1",
    cause: { correlation: "cor_1", actor: "usr_1", tenant: "default" },
    conditions: [],
    effects: [{ kind: "append", stream: "sum-a", events: [added, added, added] }],
  });
  const { events } = await store.readLog({ after: 0 });
  const check = unitsCheck(store);
  for (const event of change([...events] as [StoredEvent, StoredEvent, StoredEvent]))
    await check.fact?.(factOf(event, undefined));
  await check.end?.();
  return check.findings.flatMap((findings) => findings.result().violations.map(({ what }) => what));
}
