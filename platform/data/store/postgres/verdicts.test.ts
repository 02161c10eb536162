import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUnit } from "../encode.ts";
import type { Unit } from "../unit.ts";
import { Batch } from "./batch.ts";
import { verdictsOf } from "./verdicts.ts";

function unit(id: string, parts: Partial<Unit> = {}) {
  return encodeUnit({ id, cause: { correlation: "c", actor: "a", tenant: "t" }, conditions: [], effects: [], ...parts });
}

function append(stream: string, count: number) {
  return {
    kind: "append",
    stream,
    events: Array.from({ length: count }, () => ({ type: "T", schemaVersion: 1, data: "{}" })),
  } as const;
}

const ANSWER = { number: 1, head: 10, recorded_at: 5, repeated: null, refused: null };

test("positions count the facts of the units that were committed, and results are dealt to them in order", () => {
  const when = [{ kind: "keyAbsent", key: "k" }] as const;
  const batch = new Batch([
    unit("u1", { effects: [append("order-1", 2), append("order-2", 1)] }),
    unit("u2", { conditions: when, effects: [append("order-1", 4)] }),
    unit("u3", { effects: [append("order-1", 1)] }),
  ]);
  const verdicts = verdictsOf(batch, { ...ANSWER, results: "2,1,3", refused: '[[2,null,"v"]]' });
  assert.deepEqual(verdicts, [
    { outcome: "committed", position: 13, recordedAt: 5, versions: [2, 1], tokens: [], isRepeated: false },
    { outcome: "refused", condition: 0, actual: "v" },
    { outcome: "committed", position: 14, recordedAt: 5, versions: [3], tokens: [], isRepeated: false },
  ]);
});

test("the second unit of one id in a batch repeats the first's verdict", () => {
  const same = unit("u1", { effects: [append("order-1", 1)] });
  const [, second] = verdictsOf(new Batch([same, same]), { ...ANSWER, results: "1" });
  assert.deepEqual(second, { outcome: "committed", position: 11, recordedAt: 5, versions: [], tokens: [], isRepeated: true });
});

test("a refusal of a second unit of one id names its own condition", () => {
  const same = unit("u1", {
    conditions: [
      { kind: "keyPresent", key: "a" },
      { kind: "keyPresent", key: "b" },
    ],
  });
  const verdicts = verdictsOf(new Batch([same, same]), { ...ANSWER, results: null, refused: "[[0,null,null],[4,null,null]]" });
  assert.deepEqual(verdicts, [
    { outcome: "refused", condition: 0, actual: undefined },
    { outcome: "refused", condition: 1, actual: undefined },
  ]);
});
