import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { concurrencyPromises } from "./conformance/concurrency.ts";
import { conditionPromises } from "./conformance/conditions.ts";
import { correlationPromises } from "./conformance/correlation.ts";
import { duePromises } from "./conformance/due.ts";
import { durablePromises } from "./conformance/durable.ts";
import { keyPromises } from "./conformance/keys.ts";
import { leasePromises } from "./conformance/leases.ts";
import { lifecyclePromises } from "./conformance/lifecycle.ts";
import { limitPromises } from "./conformance/limits.ts";
import { listingPromises } from "./conformance/listing.ts";
import { logPromises } from "./conformance/log.ts";
import { namePromises } from "./conformance/names.ts";
import { passingTimePromises } from "./conformance/passing-time.ts";
import { rowPromises } from "./conformance/rows.ts";
import { sharedPromises } from "./conformance/shared.ts";
import { streamPromises } from "./conformance/streams.ts";
import type { Promises, StoreUnderTest } from "./conformance/trial.ts";
import { unitPromises } from "./conformance/units.ts";

export type { StoreUnderTest } from "./conformance/trial.ts";

interface Chapter {
  readonly title: string;
  readonly promises: Promises;
  /** What of the store under test the chapter needs; without it the chapter is skipped. */
  readonly needs?: "reopen" | "sibling" | "advance";
}

const CHAPTERS: readonly Chapter[] = [
  { title: "units", promises: unitPromises },
  { title: "conditions", promises: conditionPromises },
  { title: "streams", promises: streamPromises },
  { title: "log", promises: logPromises },
  { title: "correlation", promises: correlationPromises },
  { title: "rows", promises: rowPromises },
  { title: "listing", promises: listingPromises },
  { title: "keys", promises: keyPromises },
  { title: "due items", promises: duePromises },
  { title: "leases", promises: leasePromises },
  { title: "passing time", promises: passingTimePromises, needs: "advance" },
  { title: "names and order of text", promises: namePromises },
  { title: "limits", promises: limitPromises },
  { title: "concurrency", promises: concurrencyPromises },
  { title: "opening and closing", promises: lifecyclePromises },
  { title: "durability", promises: durablePromises, needs: "reopen" },
  { title: "several processes", promises: sharedPromises, needs: "sibling" },
];

const REASONS = {
  reopen: "capability isDurable is false: there is nothing to open again",
  sibling: "capability isShared is false: one process at a time",
  advance: "the engine goes by a clock that the test cannot move",
} as const;

/**
 * The store's contract as tests: one for each promise of unit.ts and port.ts, named as the promise. An adapter's test
 * file calls it with a way to open an empty store; each test opens its own.
 */
export function storeConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    for (const chapter of CHAPTERS) describe(chapter.title, () => register(chapter, open));
  });
}

function register(chapter: Chapter, open: () => Promise<StoreUnderTest>): void {
  for (const [promise, prove] of Object.entries(chapter.promises)) {
    test(promise, { timeout: 120_000 }, async (context) => {
      const trial = await open();
      try {
        if (canTry(chapter, trial, context)) await prove(trial);
      } finally {
        await trial.destroy();
      }
    });
  }
}

/** A chapter is skipped for lack of a capability only, and a declared capability is always tried. */
function canTry(chapter: Chapter, trial: StoreUnderTest, context: TestContext): boolean {
  const { isDurable, isShared } = trial.store.capabilities;
  assert.equal(trial.reopen !== undefined, isDurable, "a durable engine is opened again, another is not");
  assert.equal(trial.sibling !== undefined, isShared, "a shared engine has a sibling, another has not");
  if (chapter.needs === undefined || trial[chapter.needs] !== undefined) return true;
  context.skip(REASONS[chapter.needs]);
  return false;
}
