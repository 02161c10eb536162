import type { Clock } from "@daybook/kernel/clock";

/** Something to wait for: a ring, or time. A ring that nobody was waiting for ends the next wait at once. */
export interface Bell {
  ring(): void;
  /** Forgets a ring that was not waited for: what is looked at from now on includes what it told of. */
  hush(): void;
  /** Resolves at a ring, after `timeoutMs` on the clock, or when `signal` aborts. One waits at a time. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

export function bell(clock: Clock): Bell {
  let hasRung = false;
  let heard: (() => void) | undefined;
  return {
    ring() {
      hasRung = true;
      heard?.();
    },
    hush() {
      hasRung = false;
    },
    wait(timeoutMs, signal) {
      if (hasRung || signal?.aborted) {
        hasRung = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const finish = () => {
          cancel();
          signal?.removeEventListener("abort", finish);
          heard = undefined;
          hasRung = false;
          resolve();
        };
        const cancel = clock.after(timeoutMs, finish);
        signal?.addEventListener("abort", finish, { once: true });
        heard = finish;
      });
    },
  };
}
