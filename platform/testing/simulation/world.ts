import { sleep } from "@daybook/kernel/clock";
import { below, seededRandom, unit, type Random } from "@daybook/kernel/random";
import { virtualClock, type VirtualClock } from "@daybook/kernel/virtual-clock";
import { trace, type Trace } from "./trace.ts";

/**
 * Everything that one seed decides: virtual time, chance, and the trace of what happened. All asynchrony of the simulated
 * program comes from its ports, so the same seed gives the same trace.
 */
export interface World {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  /** A source of its own for one purpose: what one part draws does not change what another gets. */
  random(purpose: string): Random;
  /** Resolves after a seeded time between two bounds, in virtual milliseconds. */
  delay(random: Random, leastMs: number, mostMs: number): Promise<void>;
  /**
   * Runs what is ready, then lets time pass to the next timer, and so on until `isDone`. False when nothing is left that
   * could happen, or when `untilMs` of virtual time have passed.
   */
  run(isDone: () => boolean, untilMs: number): Promise<boolean>;
}

/** Turns of the event loop without a timer after which nothing can happen any more. */
const IDLE_TURNS = 8;

export function world(seed: number): World {
  const clock = virtualClock();
  return {
    clock,
    trace: trace(() => clock.elapsed()),
    random: (purpose) => seededRandom(mix(seed, purpose)),
    delay: (random, leastMs, mostMs) => sleep(clock, leastMs + Math.round(unit(random) * (mostMs - leastMs) * 8) / 8),
    async run(isDone, untilMs) {
      const end = clock.elapsed() + untilMs;
      for (let idle = 0; !isDone();) {
        await turn();
        if (isDone()) break;
        if (clock.step()) idle = 0;
        else if (++idle > IDLE_TURNS) return false;
        if (clock.elapsed() > end) return false;
      }
      return true;
    },
  };
}

/** FNV-1a over seed and purpose: near seeds give unlike sources. */
function mix(seed: number, purpose: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${purpose}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash;
}

/** One turn of the event loop: every promise that can settle does, and what asked for a turn of its own gets it. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** True once in `n` draws. */
export function oneIn(random: Random, n: number): boolean {
  return below(random, n) === 0;
}
