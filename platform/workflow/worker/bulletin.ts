import type { DeadlineList } from "@daybook/foundation/resilience/deadline-list";

/** News of this process that others wait for, by topic. Whoever waits looks for himself when none comes in time. */
export class Bulletin {
  private readonly readers = new Map<string, Set<(news: unknown) => void>>();
  private readonly deadlines: DeadlineList;

  constructor(deadlines: DeadlineList) {
    this.deadlines = deadlines;
  }

  tell(topic: string, news: unknown): void {
    const readers = this.readers.get(topic);
    this.readers.delete(topic);
    for (const read of readers ?? []) read(news);
  }

  /** The next news of the topic, undefined after `withinMs`. */
  next(topic: string, withinMs: number): { readonly news: Promise<unknown>; readonly leave: () => void } {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const readers = this.readers.get(topic) ?? new Set();
    this.readers.set(topic, readers);
    const stop = this.deadlines.after(withinMs, () => leave());
    const read = (news: unknown) => {
      stop();
      resolve(news);
    };
    const leave = () => {
      stop();
      readers.delete(read);
      if (readers.size === 0 && this.readers.get(topic) === readers) this.readers.delete(topic);
      resolve(undefined);
    };
    readers.add(read);
    return { news: promise, leave };
  }
}
