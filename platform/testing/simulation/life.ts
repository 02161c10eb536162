import type { Clock } from "@daybook/kernel/clock";

/** The life of one simulated process. What is dead does nothing any more: its timers and calls never come back. */
export interface Life {
  readonly name: string;
  readonly isAlive: boolean;
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  end(): void;
  /** The answer of a call, unless the caller has died meanwhile. */
  through<T>(call: Promise<T>): Promise<T>;
  /** The clock of this process: its timers end with it, its wall time is off by `skewMs`. */
  clock(world: Clock, skewMs?: number): Clock;
}

export function life(name: string): Life {
  let isAlive = true;
  let finish: () => void = () => {};
  const ended = new Promise<void>((resolve) => (finish = resolve));
  return {
    name,
    get isAlive() {
      return isAlive;
    },
    ended,
    end() {
      isAlive = false;
      finish();
    },
    through: (call) =>
      new Promise((resolve, reject) => {
        call.then(
          (value) => isAlive && resolve(value),
          (error: unknown) => isAlive && reject(error as Error), // passed on as it came
        );
      }),
    clock: (world, skewMs = 0) => ({
      now: () => world.now() + skewMs,
      elapsed: () => world.elapsed(),
      after: (delayMs, run) => world.after(delayMs, () => isAlive && run()),
    }),
  };
}
