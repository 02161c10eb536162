import type { Cancel, Clock } from "@daybook/kernel/clock";

/** What may take only so long. */
export interface Expiring {
  /** When it was added, by `Clock.elapsed`. Kept by the list. */
  addedAt: number;
  expire(): void;
}

/**
 * Calls `expire` on whatever is still in it after `delayMs`. One delay for all keeps them in order of their end, so
 * that one timer serves the whole list.
 */
export class Deadlines {
  private readonly waiting = new Set<Expiring>();
  private timer: Cancel | undefined;
  private readonly clock: Clock;
  private readonly delayMs: number;

  constructor(clock: Clock, delayMs: number) {
    this.clock = clock;
    this.delayMs = delayMs;
  }

  add(item: Expiring): void {
    item.addedAt = this.clock.elapsed();
    this.waiting.add(item);
    this.timer ??= this.clock.after(this.delayMs, this.check);
  }

  delete(item: Expiring): void {
    this.waiting.delete(item);
  }

  /** Forgets all without expiring them. */
  close(): void {
    this.waiting.clear();
    this.timer?.();
    this.timer = undefined;
  }

  private readonly check = (): void => {
    this.timer = undefined;
    const now = this.clock.elapsed();
    for (const item of this.waiting) {
      const leftMs = item.addedAt + this.delayMs - now;
      if (leftMs > 0) {
        this.timer = this.clock.after(leftMs, this.check);
        return;
      }
      this.waiting.delete(item);
      item.expire();
    }
  };
}
