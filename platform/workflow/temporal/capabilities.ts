import type { Capabilities } from "../capabilities.ts";

/** Of our workflows on Temporal. What Temporal itself has instead is in docs/temporal.md. */
export const TEMPORAL: Capabilities = {
  engine: "temporal",
  answersCancels: false,
  interruptsSteps: false,
  refusesSignals: false,
  sharesCommits: false,
  numbersRestarts: false,
  hasJitter: false,
  keepsVersions: false,
  findsByAttributes: false,
  canPause: false,
  resetsToStep: false,
  compactsHistories: false,
};
