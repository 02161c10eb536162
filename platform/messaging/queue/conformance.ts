import { describe, test, type TestContext } from "node:test";
import { consumingPromises, consumingTimePromises } from "./conformance/consuming.ts";
import { controlPromises } from "./conformance/control.ts";
import { deadPromises } from "./conformance/dead.ts";
import { orderPromises } from "./conformance/order.ts";
import { reopeningPromises } from "./conformance/reopening.ts";
import { receivingPromises } from "./conformance/receiving.ts";
import { sendingPromises } from "./conformance/sending.ts";
import { timePromises } from "./conformance/time.ts";
import { QueueTrial, type Promises, type QueueStoreUnderTest } from "./conformance/trial.ts";

export type { QueueStoreUnderTest } from "./conformance/trial.ts";

const REASONS = {
  advance: "the engine goes by a clock that the test cannot move",
  reopen: "processes share the store: whether one has ended shows by the visibility timeout",
} as const;

interface Chapter {
  readonly title: string;
  readonly promises: Promises;
  /** Skipped where it cannot be done. */
  readonly needs?: keyof typeof REASONS;
}

const CHAPTERS: readonly Chapter[] = [
  { title: "sending", promises: sendingPromises },
  { title: "receiving", promises: receivingPromises },
  { title: "order of keys", promises: orderPromises },
  { title: "dead letters", promises: deadPromises },
  { title: "control", promises: controlPromises },
  { title: "consumers", promises: consumingPromises },
  { title: "the next owner", promises: reopeningPromises, needs: "reopen" },
  { title: "time", promises: timePromises, needs: "advance" },
  { title: "consumers and time", promises: consumingTimePromises, needs: "advance" },
];

/** The queue's contract as tests, over whatever store `open` gives: one for each promise, each with an empty store of its own. */
export function queueConformance(name: string, open: () => Promise<QueueStoreUnderTest>): void {
  describe(name, () => {
    for (const chapter of CHAPTERS) describe(chapter.title, () => register(chapter, open));
  });
}

function register({ promises, needs }: Chapter, open: () => Promise<QueueStoreUnderTest>): void {
  for (const [promise, prove] of Object.entries(promises)) {
    test(promise, { timeout: 120_000 }, async (context) => {
      const under = await open();
      const trial = new QueueTrial(under);
      try {
        if (canTry(needs, under, context)) await prove(trial);
      } finally {
        await trial.close();
        await under.destroy();
      }
    });
  }
}

function canTry(needs: Chapter["needs"], under: QueueStoreUnderTest, context: TestContext): boolean {
  if (needs === undefined || under[needs] !== undefined) return true;
  context.skip(REASONS[needs]);
  return false;
}
