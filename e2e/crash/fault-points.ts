import { CALLS, type Fault, type TracedCall } from "./strace.ts";

const EFFECTS = ["SIGKILL", "EIO", "ENOSPC"] as const;

/** Every place of a fault-free run where a fault can be put: each call on each file, in the thread that makes most of them. */
export function faultPoints(calls: readonly TracedCall[], paths: readonly string[]): readonly Fault[] {
  return paths.flatMap((path) =>
    CALLS.flatMap((call) => {
      const count = most(calls.filter((traced) => traced.path === path && traced.call === call));
      const nths = Array.from({ length: count }, (_, index) => index + 1);
      return nths.flatMap((nth) => EFFECTS.map((effect) => ({ call, path, nth, effect })));
    }),
  );
}

/** How many of the calls the busiest thread made: a fault at a later number has no place in that run. */
export function most(calls: readonly TracedCall[]): number {
  const byThread = Map.groupBy(calls, (traced) => traced.thread);
  return Math.max(0, ...[...byThread.values()].map((ofOne) => ofOne.length));
}

/** About `count` of the points: some of every kind of call, file and effect, spread evenly over the run. */
export function sampleOf(points: readonly Fault[], count: number): readonly Fault[] {
  const kinds = [...Map.groupBy(points, ({ call, path, effect }) => `${call} ${path} ${effect}`).values()];
  for (let each = 1; ; each++) {
    const sample = kinds.flatMap((kind) => spread(kind, each));
    if (sample.length >= Math.min(count, points.length)) return sample;
  }
}

/** `count` of the items, evenly spread, first and last among them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  const step = (items.length - 1) / Math.max(1, count - 1);
  return items.filter((_, index) => Math.floor(index / step) > Math.floor((index - 1) / step));
}
