import type { Random } from "@daybook/kernel/random";

const EPOCHS_PER_MS = 1_000;

/** For a log that begins another life. Two, wherever and however close to each other, do not share it: the time, and chance below it. */
export function newEpoch(now: number, random: Random): number {
  return now * EPOCHS_PER_MS + (random.word() % EPOCHS_PER_MS);
}
