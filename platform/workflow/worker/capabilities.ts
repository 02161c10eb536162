import type { Capabilities } from "../capabilities.ts";

/** Of the engine in this package. */
export const EMBEDDED: Capabilities = {
  engine: "embedded",
  answersCancels: true,
  interruptsSteps: true,
  refusesSignals: true,
  sharesCommits: true,
  numbersRestarts: true,
  hasJitter: true,
  keepsVersions: true,
  findsByAttributes: true,
  canPause: true,
  resetsToStep: true,
  compactsHistories: true,
};
