import type { Cancel, Clock } from "@daybook/kernel/clock";

/** How late the event loop was, in milliseconds, over the last 15 s (or since it is measured). */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LoopDelayMeter {
  read(): LoopDelay;
  stop(): void;
}

const EVERY_MS = 10;
const SAMPLES = 15_000 / EVERY_MS;

/**
 * Measures how late a timer of 10 ms comes. A stall counts once for each time that fell into it, with what was left of it
 * then: as everybody who came meanwhile saw it.
 */
export function loopDelayMeter(clock: Clock): LoopDelayMeter {
  const samples = new Float64Array(SAMPLES);
  let count = 0;
  let planned = clock.elapsed() + EVERY_MS;
  let cancel: Cancel = clock.after(EVERY_MS, tick);

  function tick(): void {
    const now = clock.elapsed();
    const last = Math.min(now, planned + 15_000 - EVERY_MS);
    for (let missed = planned; missed <= last; missed += EVERY_MS) samples[count++ % SAMPLES] = now - missed;
    planned = now + EVERY_MS;
    cancel = clock.after(EVERY_MS, tick);
  }

  return {
    read() {
      const sorted = samples.slice(0, Math.min(count, SAMPLES)).sort();
      const at = (share: number) => rounded(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
      return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
    },
    stop: () => cancel(),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
