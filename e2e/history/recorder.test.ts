import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { systemClock } from "@daybook/kernel/clock";
import { seededRandom } from "@daybook/kernel/random";
import { checkHistory, type CheckReport } from "./checker.ts";
import { openStores } from "./open-stores.ts";
import { losingAnswers, slowed, WRONG } from "./planted-stores.ts";
import { recordHistory } from "./recorder.ts";

const SEEDS = [1, 2, 3, 4, 5];

async function judged(stores: readonly Store[], seed: number, operations = 60): Promise<CheckReport> {
  const history = await recordHistory({ stores, clock: systemClock, clients: 6, operations, streams: 3, seed });
  return checkHistory(history, { okMin: operations * 2 });
}

describe("a history of concurrent clients is one that the contract allows", () => {
  for (const engine of ["memory", "sqlite"]) {
    test(`on ${engine}`, async (context) => {
      const { stores, close } = await openStores(engine);
      try {
        const report = await judged(stores.map(slowed), 1, 100);
        context.diagnostic(JSON.stringify(report.counts));
        assert.deepEqual(report.violations, []);
        assert.ok(report.counts.fail >= 10, "clients were in each other's way");
      } finally {
        await close();
      }
    });
  }

  test("when answers get lost, too", async (context) => {
    for (const seed of SEEDS) {
      const report = await judged([losingAnswers(slowed(memoryStore()), seededRandom(seed))], seed);
      context.diagnostic(`seed ${seed}: ${JSON.stringify(report.counts)}`);
      assert.deepEqual(report.violations, [], `seed ${seed}`);
      assert.ok(report.counts.info >= 5, "answers were lost");
    }
  });
});

describe("the checker finds a store that", () => {
  for (const [fault, plant] of Object.entries(WRONG)) {
    test(fault, async (context) => {
      const found = [];
      for (const seed of SEEDS) {
        const { violations } = await judged([plant(slowed(memoryStore()), seededRandom(seed))], seed);
        if (violations.length > 0) found.push(seed);
      }
      context.diagnostic(`found with ${found.length} of ${SEEDS.length} seeds`);
      assert.deepEqual(found, SEEDS);
    });
  }
});
