import type { Clock } from "@daybook/kernel/clock";

/**
 * The life of one simulated process. What is dead does nothing any more: its timers and calls never come back. What is
 * halted does nothing for a while, as by SIGSTOP, and then goes on with what it has in memory.
 */
export interface Life {
  readonly name: string;
  readonly isAlive: boolean;
  readonly isHalted: boolean;
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  end(): void;
  /** From here on nothing begins, and timers and answers wait. */
  halt(): void;
  /** What waited happens now, in its order. */
  goOn(): void;
  /** Makes a call and answers what it answers, both once the caller runs, unless it has died meanwhile. */
  through<T>(call: () => Promise<T>): Promise<T>;
  /** The clock of this process: its timers end with it, its wall time is off by `skewMs`. */
  clock(world: Clock, skewMs?: number): Clock;
}

export function life(name: string): Life {
  let isAlive = true;
  let isHalted = false;
  const held: (() => void)[] = [];
  const { promise: ended, resolve: finish } = Promise.withResolvers<void>();

  function whenRunning(task: () => void): void {
    if (isHalted) held.push(task);
    else if (isAlive) task();
  }

  const running = () => new Promise<void>(whenRunning);

  return {
    name,
    get isAlive() {
      return isAlive;
    },
    get isHalted() {
      return isHalted;
    },
    ended,
    end() {
      isAlive = false;
      held.length = 0;
      finish();
    },
    halt() {
      isHalted = isAlive;
    },
    goOn() {
      isHalted = false;
      for (const task of held.splice(0)) whenRunning(task);
    },
    async through(call) {
      await running();
      try {
        return await call();
      } finally {
        await running();
      }
    },
    clock: (world, skewMs = 0) => ({
      now: () => world.now() + skewMs,
      elapsed: () => world.elapsed(),
      after(delayMs, run) {
        let isCancelled = false;
        const cancel = world.after(delayMs, () => whenRunning(() => isCancelled || run()));
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    }),
  };
}
