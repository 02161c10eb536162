import assert from "node:assert/strict";
import { test } from "node:test";
import { facts, putKey, unit, work, type UnitParts } from "../conformance/trial.ts";
import { encodeUnit } from "../encode.ts";
import type { Condition } from "../unit.ts";
import { PlainBatch } from "./plain-batch.ts";

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
  const verdicts = batch?.verdicts({ number: 1, head: 10, recorded_at: 5, results: "4,7" });
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

test("units of other kinds, without facts, or with one id are not plain", () => {
  assert.notEqual(batchOf({ do: [facts("order-1")] }), undefined);
  assert.equal(batchOf({ do: [] }), undefined);
  assert.equal(batchOf({ do: [facts("order-1", 0)] }), undefined);
  assert.equal(batchOf({ do: [work("order-1")] }), undefined);
  assert.equal(batchOf({ do: [facts("order-1"), putKey("k")] }), undefined);
  assert.equal(batchOf({ when: [version("order-2", 0)], do: [facts("order-1")] }), undefined);
  assert.equal(batchOf({ when: [{ kind: "exists", stream: "order-1" }], do: [facts("order-1")] }), undefined);
  const same = encodeUnit(unit("u1", { do: [facts("order-1")] }));
  assert.equal(PlainBatch.of([same, same]), undefined);
});
