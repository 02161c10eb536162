import { describe, test } from "node:test";
import { attemptProofs } from "./conformance/attempts.ts";
import { composingProofs } from "./conformance/composing.ts";
import { operatingProofs } from "./conformance/operating.ts";
import { runningProofs } from "./conformance/running.ts";
import { waitingProofs } from "./conformance/waiting.ts";
import { undoingProofs } from "./conformance/undoing.ts";
import { Trial, type Proofs, type StoreForWorkflows } from "./conformance/trial.ts";

export type { StoreForWorkflows } from "./conformance/trial.ts";

const CHAPTERS: Readonly<Record<string, Proofs>> = {
  running: runningProofs,
  attempts: attemptProofs,
  waiting: waitingProofs,
  composing: composingProofs,
  undoing: undoingProofs,
  operating: operatingProofs,
};

/** What the engine promises, on any store: one test for each word, on a virtual clock. */
export function workflowConformance(name: string, open: () => Promise<StoreForWorkflows>): void {
  describe(`workflows on ${name}`, () => {
    for (const [chapter, proofs] of Object.entries(CHAPTERS)) describe(chapter, () => register(proofs, open));
  });
}

function register(proofs: Proofs, open: () => Promise<StoreForWorkflows>): void {
  for (const [word, prove] of Object.entries(proofs)) {
    test(word, { timeout: 120_000 }, async () => {
      const trial = new Trial(await open());
      try {
        await prove(trial);
      } finally {
        await trial.destroy();
      }
    });
  }
}
