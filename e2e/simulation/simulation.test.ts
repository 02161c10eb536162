import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { simulate, type SeedResult } from "./simulate.ts";
import { sweepSeeds } from "./sweep.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const LONG_SEEDS = 5_000;
const isLong = process.env["DAYBOOK_TEST_FORM"] === "long";

describe("the shop under faults", () => {
  test("keeps every promise that the checks know", async (context) => {
    const results: SeedResult[] = [];
    for (const seed of SEEDS) results.push(await simulate(seed));
    for (const { seed, violations } of results) assert.deepEqual(violations, [], `npm run sim -- --seed ${seed}`);
    assert.deepEqual(new Set(results.map(({ site }) => site)), new Set(["embedded", "shared"]));
    context.diagnostic(JSON.stringify(results.map(({ counts, deaths, orders }) => ({ ...counts, deaths, orders }))));
  });

  test("lives the same life again for the same seed, and another one for another", async () => {
    const hashes: string[] = [];
    for (const seed of [1, 3, 1, 3]) hashes.push((await simulate(seed)).hash);
    assert.deepEqual(hashes.slice(0, 2), hashes.slice(2));
    assert.notEqual(hashes[0], hashes[1]);
  });

  test("keeps them for many seeds", { skip: isLong ? false : "only with --long" }, async (context) => {
    const { failures, complaints, seeds } = await sweepSeeds(100_000, LONG_SEEDS, 2, () => {});
    context.diagnostic(`${seeds} seeds`);
    assert.deepEqual(
      failures.map(({ seed, violations }) => ({ seed, violations })),
      [],
    );
    assert.deepEqual(complaints, []);
  });
});
