import type { Cancel, Clock } from "@daybook/kernel/clock";

/**
 * Many deadlines on one timer: adding and cancelling cost no timer of their own, which is what makes a timeout on every
 * call affordable. One list serves a whole component.
 */
export interface DeadlineList {
  readonly clock: Clock;
  /** Calls `run` once, `delayMs` later at the earliest. The answer cancels it; cancelling twice is harmless. */
  after(delayMs: number, run: () => void): Cancel;
}

export function deadlineList(clock: Clock): DeadlineList {
  const heap = new DeadlineHeap();
  let armedFor = Infinity;
  let disarm: Cancel | undefined;

  function arm(): void {
    const at = heap.first()?.at ?? Infinity;
    if (at >= armedFor) return; // the timer that is set rings earlier, and looks again then
    disarm?.();
    armedFor = at;
    disarm = clock.after(Math.max(0, at - clock.elapsed()), ring);
  }

  function ring(): void {
    armedFor = Infinity;
    disarm = undefined;
    const now = clock.elapsed();
    for (let first = heap.first(); first && first.at <= now; first = heap.first()) {
      heap.remove(first);
      first.run();
    }
    arm();
  }

  return {
    clock,
    after(delayMs, run) {
      const deadline = { at: clock.elapsed() + Math.max(0, delayMs), run, index: -1 };
      heap.add(deadline);
      arm();
      return () => heap.remove(deadline);
    },
  };
}

interface Deadline {
  readonly at: number;
  readonly run: () => void;
  /** Where it is in the heap; -1 when it is not. */
  index: number;
}

/** A binary heap by time in which each entry knows its place, so that any of them is removed in O(log n). */
class DeadlineHeap {
  private readonly entries: Deadline[] = [];

  first(): Deadline | undefined {
    return this.entries[0];
  }

  add(deadline: Deadline): void {
    this.entries.push(deadline);
    this.rise(deadline, this.entries.length - 1);
  }

  remove(deadline: Deadline): void {
    const { index } = deadline;
    if (index < 0) return;
    deadline.index = -1;
    const last = this.entries.pop();
    if (!last || last === deadline) return;
    this.rise(last, index);
    this.sink(last, last.index);
  }

  private rise(deadline: Deadline, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.entries[above];
      if (!parent || parent.at <= deadline.at) break;
      this.place(parent, index);
      index = above;
    }
    this.place(deadline, index);
  }

  private sink(deadline: Deadline, from: number): void {
    let index = from;
    for (;;) {
      const left = this.entries[2 * index + 1];
      const right = this.entries[2 * index + 2];
      const child = right && left && right.at < left.at ? right : left;
      if (!child || child.at >= deadline.at) break;
      const below = child.index;
      this.place(child, index);
      index = below;
    }
    this.place(deadline, index);
  }

  private place(deadline: Deadline, index: number): void {
    this.entries[index] = deadline;
    deadline.index = index;
  }
}
