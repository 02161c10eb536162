import assert from "node:assert/strict";
import { test } from "node:test";
import { facts, putKey, putRow, schedule, unit, work, type UnitParts } from "../conformance/trial.ts";
import { encodeUnit } from "../encode.ts";
import type { Condition } from "../unit.ts";
import { PlainBatch } from "./plain-batch.ts";
import { STEP } from "./steps.ts";

function batchOf(...parts: readonly UnitParts[]): PlainBatch | undefined {
  return PlainBatch.of(parts.map((each, index) => encodeUnit(unit(`u${index}`, each))));
}

function version(stream: string, is: number): Condition {
  return { kind: "version", stream, is };
}

test("units that append facts under versions that go together are plain, and get their places", () => {
  const batch = batchOf(
    { when: [version("order-1", 0)], do: [facts("order-1", 2)] },
    { do: [facts("order-2"), facts("order-1")] },
    { when: [version("order-1", 3), version("order-3", 7)], do: [facts("order-3")] },
  );
  const verdicts = batch?.verdicts({ number: 1, head: 10, recorded_at: 5, results: "4,7", refused: null });
  const usual = { outcome: "committed", recordedAt: 5, tokens: [], isRepeated: false };
  assert.deepEqual(verdicts, [
    { ...usual, position: 12, versions: [2] },
    { ...usual, position: 14, versions: [5, 3] },
    { ...usual, position: 15, versions: [8] },
  ]);
});

test("units of which one must be refused are not plain", () => {
  const first = { when: [version("order-1", 0)], do: [facts("order-1")] };
  assert.equal(batchOf(first, first), undefined);
  assert.equal(batchOf({ do: [facts("order-1", 3)] }, { when: [version("order-1", 2)], do: [facts("order-1")] }), undefined);
});

test("units of which each has its own rows, keys and due items are plain", () => {
  const own = (n: number): UnitParts => ({
    when: [
      { kind: "keyAbsent", key: `k${n}` },
      { kind: "due", queue: "q", id: `i${n}`, revision: 1 },
      { kind: "leaseHeld", name: "l", token: 4 },
    ],
    do: [facts(`order-${n}`), putRow("things", `r${n}`, { by: ["a", "a"] }), putKey(`k${n}`), schedule("q", `i${n}`, 5)],
  });
  assert.notEqual(batchOf(own(1), own(2)), undefined);
  assert.equal(batchOf({ do: [putKey("k")] }, { do: [putKey("k")] }), undefined);
  assert.equal(batchOf({ when: [{ kind: "keyPresent", key: "k" }] }, { do: [putKey("k")] }), undefined);
  assert.equal(batchOf({ do: [putRow("things", "r")] }, { do: [putRow("things", "r")] }), undefined);
  assert.equal(batchOf({ do: [schedule("q", "i", 1)] }, { do: [{ kind: "finish", queue: "q", id: "i" }] }), undefined);
  assert.equal(batchOf({ do: [schedule("q", "i", 1), schedule("q", "i", 2)] }), undefined);
});

test("units that are refused are named with the first condition that does not hold", () => {
  const when = [
    version("order-1", 2),
    { kind: "keyAbsent", key: "k" },
    { kind: "due", queue: "q", id: "i", revision: 1 },
  ] as const;
  const batch = batchOf({ do: [facts("order-2")] }, { when });
  const key = `[${STEP.keyValue},0,null,"v"]`;
  const due = `[${STEP.due},0,0,null]`;
  const answer = { number: null, head: 10, recorded_at: 5, results: null };
  assert.deepEqual(
    batch?.refusals({ ...answer, refused: `${due},${key}` }),
    new Map([[1, { outcome: "refused", condition: 1, actual: "v" }]]),
  );
  assert.deepEqual(batch?.refusals({ ...answer, refused: due }), new Map([[1, { outcome: "refused", condition: 2, actual: 0 }]]));
  assert.deepEqual(
    batch?.refusals({ ...answer, refused: `${key},[${STEP.version},1,3,null]` }),
    new Map([[1, { outcome: "refused", condition: 0, actual: 3 }]]),
  );
  assert.equal(batch?.refusals({ ...answer, refused: null }), undefined);
});

test("who is refused can not be said when a stream is shared", () => {
  const first = { when: [{ kind: "keyAbsent", key: "k" }], do: [facts("order-1")] } as const;
  const batch = batchOf(first, { do: [facts("order-1")] });
  const refused = `[${STEP.keyValue},0,null,"v"]`;
  assert.equal(batch?.refusals({ number: null, head: 10, recorded_at: 5, results: null, refused }), undefined);
});

test("units of other kinds, or with one id, are not plain", () => {
  assert.notEqual(batchOf({ do: [facts("order-1")] }), undefined);
  assert.notEqual(batchOf({ when: [version("order-2", 0)], do: [] }), undefined);
  assert.equal(batchOf({ do: [facts("order-1", 0)] }), undefined);
  assert.equal(batchOf({ do: [work("order-1")] }), undefined);
  assert.equal(batchOf({ do: [facts("order-1"), { kind: "deleteKey", key: "k" }] }), undefined);
  assert.equal(batchOf({ when: [{ kind: "exists", stream: "order-1" }], do: [facts("order-1")] }), undefined);
  const same = encodeUnit(unit("u1", { do: [facts("order-1")] }));
  assert.equal(PlainBatch.of([same, same]), undefined);
});

test("only a batch of one fact without state goes to the function for one fact, with the version that it expects", () => {
  const one = batchOf({ when: [version("order-1", 4)], do: [facts("order-1")] })?.oneFact();
  assert.deepEqual(one?.slice(0, 6), ["u0", "cor_1", "order-1", "4", "1", "Happened"]);
  assert.equal(batchOf({ do: [facts("order-1")] })?.oneFact()?.[3], null);
  assert.equal(batchOf({ do: [facts("order-1", 2)] })?.oneFact(), undefined);
  assert.equal(batchOf({ do: [facts("order-1"), facts("order-2")] })?.oneFact(), undefined);
  assert.equal(batchOf({ do: [facts("order-1"), putKey("k")] })?.oneFact(), undefined);
  assert.equal(batchOf({ when: [{ kind: "keyAbsent", key: "k" }], do: [facts("order-1")] })?.oneFact(), undefined);
  assert.equal(batchOf({ when: [version("order-2", 1)], do: [facts("order-1")] })?.oneFact(), undefined);
  assert.equal(batchOf({ do: [facts("order-1")] }, { do: [facts("order-1")] })?.oneFact(), undefined);
});
