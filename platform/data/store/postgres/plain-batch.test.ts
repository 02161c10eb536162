import assert from "node:assert/strict";
import { test } from "node:test";
import { facts, putKey, putRow, schedule, unit, work, type UnitParts } from "../conformance/trial.ts";
import { encodeUnit } from "../encode.ts";
import type { Condition, Effect } from "../unit.ts";
import { PlainBatch } from "./plain-batch.ts";
import { STEP } from "./steps.ts";

function batchOf(...parts: readonly UnitParts[]): PlainBatch | undefined {
  return PlainBatch.of(parts.map((each, index) => encodeUnit(unit(`u${index}`, each))));
}

function version(stream: string, is: number): Condition {
  return { kind: "version", stream, is };
}

function workVersion(is: number): Condition {
  return { kind: "version", stream: "run-1", as: "work", is };
}

function exists(stream: string): Condition {
  return { kind: "exists", stream, as: "work" };
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

test("work and facts get versions of their own, also under one name", () => {
  const batch = batchOf(
    { when: [workVersion(2)], do: [work("run-1", 2), facts("run-1")] },
    { when: [exists("run-1")], do: [facts("run-2"), work("run-1"), work("run-2")] },
  );
  const verdicts = batch?.verdicts({ number: 1, head: 10, recorded_at: 5, results: "6,0,2,8", refused: null });
  assert.deepEqual(
    verdicts?.map((verdict) => verdict.outcome === "committed" && [verdict.position, verdict.versions]),
    [
      [11, [4, 7]],
      [12, [1, 5, 9]],
    ],
  );
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
});

const DUE = { kind: "due", queue: "q", id: "i" } as const;
const FINISH: Effect = { kind: "finish", queue: "q", id: "i" };
const KEY = { key: "k" } as const;

test("units that change the same things, or go on from what others have made of them, are plain", () => {
  const stock = (n: number): UnitParts => ({
    when: [version("stock-a", n), version("stock-b", 2 * n)],
    do: [facts("stock-a"), putRow("stock", "a"), facts("stock-b", 2), putRow("stock", "b"), putKey(`k${n}`)],
  });
  assert.notEqual(batchOf(stock(4), stock(5), stock(6)), undefined);
  const signal = { when: [exists("run-1")], do: [work("run-1"), schedule("q", "run-1", 5)] };
  assert.notEqual(batchOf(signal, signal, signal), undefined);
  assert.notEqual(
    batchOf({ do: [putRow("things", "r")] }, { do: [{ kind: "deleteRow", collection: "things", key: "r" }] }),
    undefined,
  );
  const value = (text: string): Condition => ({ kind: "keyValue", ...KEY, value: text });
  assert.notEqual(
    batchOf({ when: [value("1")], do: [putKey("k", "2")] }, { when: [value("2")], do: [putKey("k", "3")] }),
    undefined,
  );
  assert.notEqual(batchOf({ do: [{ kind: "deleteKey", ...KEY }] }, { when: [{ kind: "keyAbsent", ...KEY }] }), undefined);
  const taken = { when: [{ ...DUE, revision: 3 }], do: [schedule("q", "i", 1)] };
  assert.notEqual(
    batchOf(taken, { when: [{ ...DUE, revision: 4 }], do: [FINISH] }, { when: [{ ...DUE, revision: 0 }] }),
    undefined,
  );
});

test("units are not plain when one contradicts what others do, or only the store can tell", () => {
  const put = { do: [putKey("k", "2")] };
  assert.equal(batchOf(put, { when: [{ kind: "keyAbsent", ...KEY }] }), undefined);
  assert.equal(batchOf(put, { when: [{ kind: "keyValue", ...KEY, value: "1" }] }), undefined);
  const expiring: Effect = { kind: "putKey", ...KEY, value: "2", expiresAt: 4_000_000_000_000 };
  assert.equal(batchOf({ do: [expiring] }, { when: [{ kind: "keyPresent", ...KEY }] }), undefined);
  assert.equal(
    batchOf({
      when: [
        { kind: "keyPresent", ...KEY },
        { kind: "keyAbsent", ...KEY },
      ],
    }),
    undefined,
  );
  assert.equal(batchOf({ do: [schedule("q", "i", 1)] }, { when: [{ ...DUE, revision: 1 }] }), undefined);
  assert.equal(batchOf({ do: [FINISH] }, { when: [{ ...DUE, revision: 1 }] }), undefined);
  assert.equal(batchOf({ when: [workVersion(0), exists("run-1")] }), undefined);
  assert.equal(batchOf({ when: [exists("run-1"), workVersion(0)] }), undefined);
  const held = (token: number): UnitParts => ({ when: [{ kind: "leaseHeld", name: "l", token }] });
  assert.notEqual(batchOf(held(1), held(1)), undefined);
  assert.equal(batchOf(held(1), held(2)), undefined);
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

test("all that look at a thing in vain are refused, each by what it expects", () => {
  const settings: Condition = { kind: "keyAbsent", key: "k" };
  const batch = batchOf(
    { when: [settings, workVersion(3)] },
    { when: [exists("run-1"), settings] },
    { when: [exists("run-1")], do: [work("run-1")] },
  );
  const refusals = (...entries: readonly string[]) =>
    batch?.refusals({ number: null, head: 10, recorded_at: 5, results: null, refused: entries.join(",") });
  const by = (condition: number, actual: string | number) => ({ outcome: "refused", condition, actual });
  assert.deepEqual(
    refusals(`[${STEP.keyValue},0,null,"v"]`),
    new Map([
      [0, by(0, "v")],
      [1, by(1, "v")],
    ]),
  );
  assert.deepEqual(refusals(`[${STEP.version},0,4,null]`), new Map([[0, by(1, 4)]]));
  assert.deepEqual(refusals(`[${STEP.version},0,0,null]`), new Map([0, 1, 2].map((unit) => [unit, by(unit === 0 ? 1 : 0, 0)])));
});

test("who is refused can not be said when a unit counts on another", () => {
  const first = { when: [{ kind: "keyAbsent", key: "k" }], do: [facts("order-1"), putKey("k")] } as const;
  const refused = `[${STEP.keyValue},0,null,"v"]`;
  const refusals = (second: UnitParts) =>
    batchOf(first, second)?.refusals({ number: null, head: 10, recorded_at: 5, results: null, refused });
  assert.equal(refusals({ do: [facts("order-1")] })?.size, 1);
  assert.equal(refusals({ when: [version("order-1", 5)] }), undefined);
  assert.equal(refusals({ when: [{ kind: "exists", stream: "order-1" }] }), undefined);
  assert.equal(refusals({ when: [{ kind: "keyPresent", key: "k" }] }), undefined);
});

test("units of other kinds, or with one id, are not plain", () => {
  assert.notEqual(batchOf({ do: [facts("order-1")] }), undefined);
  assert.notEqual(batchOf({ when: [version("order-2", 0)], do: [] }), undefined);
  assert.equal(batchOf({ do: [facts("order-1", 0)] }), undefined);
  assert.equal(batchOf({ do: [facts("order-1"), { kind: "deleteWork", stream: "order-1" }] }), undefined);
  assert.equal(batchOf({ when: [{ kind: "leaseFree", name: "l", owner: "x" }], do: [facts("order-1")] }), undefined);
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
  assert.equal(batchOf({ when: [{ kind: "exists", stream: "order-1" }], do: [facts("order-1")] })?.oneFact(), undefined);
  assert.equal(batchOf({ do: [work("order-1")] })?.oneFact(), undefined);
  assert.equal(batchOf({ do: [facts("order-1")] }, { do: [facts("order-1")] })?.oneFact(), undefined);
});
