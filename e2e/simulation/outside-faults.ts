import type { FaultRate } from "@daybook/testing/faults/fault-plan";

/** Faults of the world outside and of the ways to it. A lost answer is that of a request that took effect. */
export const OUTSIDE_FAULTS = {
  "provider away": { chance: 0.01, within: 20 },
  "provider's answer lost": { chance: 0.03, within: 15 },
  "carrier away": { chance: 0.01, within: 15 },
  "carrier's answer lost": { chance: 0.03, within: 10 },
  "mail server away": { chance: 0.01, within: 20 },
  "mail server's answer lost": { chance: 0.02, within: 20 },
  "died after an effect outside": { chance: 0.005, within: 50 },
  "web hook lost": { chance: 0.05, within: 4 },
  "parcel's news lost": { chance: 0 },
  "web hook sent twice": { chance: 0.2, within: 2 },
} as const satisfies Record<string, FaultRate>;

export type OutsideFault = keyof typeof OUTSIDE_FAULTS;
