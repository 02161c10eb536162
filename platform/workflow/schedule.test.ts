import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { nextTime } from "./schedule.ts";

const at = (text: string) => Date.parse(`${text}Z`);

describe("the next time of a schedule", () => {
  const cases: readonly [cron: string, after: string, next: string][] = [
    ["* * * * *", "2026-01-01T00:00:00", "2026-01-01T00:01:00"],
    ["*/15 * * * *", "2026-01-01T00:50:10", "2026-01-01T01:00:00"],
    ["30 2 * * *", "2026-01-01T02:30:00", "2026-01-02T02:30:00"],
    ["0 9-17/4 * * 1-5", "2026-01-02T17:00:00", "2026-01-05T09:00:00"],
    ["0 0 29 2 *", "2026-03-01T00:00:00", "2028-02-29T00:00:00"],
    ["0 0 13 * 5", "2026-01-01T00:00:00", "2026-01-02T00:00:00"],
    ["5,10 0 1 1 *", "2026-01-01T00:05:00", "2026-01-01T00:10:00"],
    ["0 12 * * 7", "2026-01-01T00:00:00", "2026-01-04T12:00:00"],
  ];
  for (const [cron, after, next] of cases) {
    test(`of "${cron}" after ${after} is ${next}`, () => assert.equal(nextTime({ cron }, at(after)), at(next)));
  }

  test("of an interval is its next multiple, always later", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.nat(), (everyMs, after) => {
        const next = nextTime({ everyMs }, after);
        assert.ok(next > after && next - after <= everyMs && next % everyMs === 0);
      }),
    );
  });

  test("does not exist for what is no timing", () => {
    const invalid = [{}, { everyMs: 0 }, { everyMs: 1, cron: "* * * * *" }, ...["", "* * * *", "60 * * * *", "a * * * *", "0 0 30 2 *", "5-1 * * * *", "*/0 * * * *"].map((cron) => ({ cron }))]; // prettier-ignore
    for (const timing of invalid) assert.throws(() => nextTime(timing, 0), { code: "workflow-schedule-invalid" });
  });
});
