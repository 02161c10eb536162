/** One operation on one object, as a function of the object's state. */
export interface Step<State> {
  readonly invokedAt: number;
  /** Infinity when it may happen at any time after, or never. */
  readonly completedAt: number;
  /** The state after it, or undefined when in `state` it cannot have had the answer that it had. */
  readonly apply: (state: State) => State | undefined;
}

/**
 * Whether some order of the steps, in which each takes effect between its invocation and its completion, explains all
 * answers (Wing & Gong 1993, with Lowe's memory of states tried, 2017). States are compared with `===`.
 * Answers undefined when linearizable, else the longest explanation found: how many steps it explains.
 */
export function notLinearizable<State>(steps: readonly Step<State>[], initial: State): number | undefined {
  const ordered = steps.toSorted((a, b) => a.invokedAt - b.invokedAt);
  const search = new Search(ordered, initial);
  return search.run() ? undefined : search.longest;
}

interface Choice<State> {
  readonly index: number;
  readonly before: State;
}

class Search<State> {
  longest = 0;
  private readonly steps: readonly Step<State>[];
  private readonly done: boolean[];
  private readonly tried = new Map<string, Set<State>>();
  private state: State;
  private first = 0;

  constructor(steps: readonly Step<State>[], initial: State) {
    this.steps = steps;
    this.done = steps.map(() => false);
    this.state = initial;
  }

  run(): boolean {
    const path: Choice<State>[] = [];
    for (let from = 0; ;) {
      if (this.isExplained()) return true;
      const index = this.next(from);
      if (index !== undefined) {
        path.push({ index, before: this.state });
        this.take(index);
        this.longest = Math.max(this.longest, path.length);
        from = this.first;
        continue;
      }
      const last = path.pop();
      if (!last) return false;
      this.done[last.index] = false;
      this.first = Math.min(this.first, last.index);
      this.state = last.before;
      from = last.index + 1;
    }
  }

  private take(index: number): void {
    this.state = this.after(index) as State; // `next` has found that it can be taken
    this.done[index] = true;
    while (this.done[this.first]) this.first++;
  }

  /** What never completed may never have happened. */
  private isExplained(): boolean {
    for (let i = this.first; i < this.steps.length; i++)
      if (!this.done[i] && this.steps[i]?.completedAt !== Infinity) return false;
    return true;
  }

  /** The next step, from `from` on, that can come first of those that are left, into a state not tried yet. */
  private next(from: number): number | undefined {
    const deadline = this.earliestCompletion();
    for (let i = from; i < this.steps.length && (this.steps[i]?.invokedAt ?? Infinity) < deadline; i++) {
      if (this.done[i]) continue;
      const state = this.after(i);
      if (state !== undefined && this.isNew(i, state)) return i;
    }
    return undefined;
  }

  private earliestCompletion(): number {
    let earliest = Infinity;
    for (let i = this.first; i < this.steps.length; i++) {
      const step = this.steps[i];
      if (!step || step.invokedAt > earliest) break;
      if (!this.done[i]) earliest = Math.min(earliest, step.completedAt);
    }
    return earliest;
  }

  private after(index: number): State | undefined {
    return this.steps[index]?.apply(this.state);
  }

  /** A set of steps is written as how many of the first are done, and which behind them. */
  private isNew(index: number, state: State): boolean {
    this.done[index] = true;
    let start = this.first;
    while (this.done[start]) start++;
    let key = `${start}:`;
    const end = this.done.lastIndexOf(true);
    for (let i = start; i <= end; i++) key += this.done[i] ? "1" : "0";
    this.done[index] = false;
    const states = this.tried.get(key) ?? new Set();
    if (states.has(state)) return false;
    this.tried.set(key, states.add(state));
    return true;
  }
}
