import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText, median, percentile, rowsOf, tableText, type Report } from "./report.ts";
import { runRounds, type Measured } from "./rounds.ts";
import type { Contender } from "./benchmark.ts";

function measured(name: string, callers: number, rates: readonly number[], failed?: string): Measured {
  const samples = rates.map((perSecond) => ({ perSecond, cpuMicros: 1_000 / perSecond, further: { p99Ms: perSecond / 100 } }));
  return { contender: { name, workload: "fresh", callers }, samples, failed };
}

function reportOf(...all: readonly Measured[]): Report {
  return { bench: "append", store: "sqlite", rounds: 3, rows: rowsOf(all, ["raw"]) };
}

test("rows hold medians, and ratios of the same round", () => {
  const { rows } = reportOf(measured("raw", 64, [100, 200, 400]), measured("daybook", 64, [80, 160, 200]));
  assert.equal(rows[1]?.perSecond, 160);
  assert.deepEqual(rows[1]?.ratio, { raw: 0.8 });
  assert.equal(rows[0]?.ratio["raw"], 1);
  assert.equal(rows[0]?.spread, 1.5);
});

test("a ratio is taken at the same number of callers, or of the only measurement there is", () => {
  const alone = reportOf(measured("raw", 1, [100]), measured("daybook", 64, [300]));
  assert.deepEqual(alone.rows[1]?.ratio, { raw: 3 });
  const two = reportOf(measured("raw", 1, [100]), measured("raw", 2, [150]), measured("daybook", 64, [300]));
  assert.deepEqual(two.rows[2]?.ratio, {});
});

test("a contender that failed says why and has neither figures nor a part in others' ratios", () => {
  const { rows } = reportOf(measured("raw", 1, [100], "no disk"), measured("daybook", 1, [300]));
  assert.equal(rows[0]?.failed, "no disk");
  assert.equal(rows[0]?.perSecond, null);
  assert.deepEqual(rows[1]?.ratio, {});
});

test("the JSON document has the agreed members, further figures among them", () => {
  const document: unknown = JSON.parse(jsonText(reportOf(measured("raw", 1, [100]))));
  const row = {
    contender: "raw",
    workload: "fresh",
    callers: 1,
    perSecond: 100,
    cpuMicros: 10,
    ratio: { raw: 1 },
    spread: 0,
    p99Ms: 1,
  };
  assert.deepEqual(document, { bench: "append", store: "sqlite", rounds: 3, rows: [row] });
});

test("the table has a line for each row", () => {
  const lines = tableText(reportOf(measured("raw", 1, [1_234]), measured("peer", 1, [], "not installed"))).split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[1] ?? "", /raw\s+fresh\s+1\s+1,234/);
  assert.match(lines[2] ?? "", /failed: not installed/);
});

test("medians and percentiles", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
  assert.equal(percentile([1, 2, 3, 4], 0.5), 2);
  assert.equal(percentile([1, 2, 3, 4], 0.99), 4);
});

test("rounds go by turns, a first one warms up, and who fails does not stop the others", async () => {
  const turns: string[] = [];
  const contender = (name: string, failsAt: number): Contender => ({
    name,
    workload: "fresh",
    callers: 1,
    open: async () => {
      let round = 0;
      const measure = async () => {
        turns.push(name);
        if (round++ === failsAt) throw new Error("planted");
        return { perSecond: round, cpuMicros: 1 };
      };
      return { measure, close: async () => void turns.push(`${name} closed`) };
    },
  });
  const both = await runRounds([contender("a", 1), contender("b", -1)], 2, () => {});
  assert.deepEqual(turns, ["a", "b", "a", "b", "b", "a closed", "b closed"]);
  assert.equal(both[0]?.failed, "planted");
  assert.deepEqual(
    both[1]?.samples.map(({ perSecond }) => perSecond),
    [2, 3],
  );
});
