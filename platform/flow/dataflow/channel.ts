import { assert } from "@daybook/kernel/errors";

/**
 * What stands between stages: at most `most` items. Whoever puts waits for room, whoever takes gets all that is there at
 * once. Closed when all its writers are done; once stopped, it takes and gives nothing more.
 */
export class Channel<Item> {
  private items: Item[] = [];
  private writers: number;
  private isStopped = false;
  private readonly wakeTaker = new Bell();
  private readonly wakeWriters = new Bell();
  private readonly most: number;
  /** The most that it ever held. */
  filledMost = 0;

  constructor(most: number, writers = 1) {
    assert(most >= 1, "a buffer holds an item or more");
    this.most = most;
    this.writers = writers;
  }

  get filled(): number {
    return this.items.length;
  }

  /** Resolves when all of them are in; false when the channel was stopped. */
  async put(chunk: readonly Item[]): Promise<boolean> {
    for (let from = 0; from < chunk.length && !this.isStopped;) {
      const room = this.most - this.items.length;
      if (room <= 0) {
        await this.wakeWriters.rung();
        continue;
      }
      const part = room >= chunk.length - from && from === 0 ? chunk : chunk.slice(from, from + room);
      for (const item of part) this.items.push(item);
      from += part.length;
      this.filledMost = Math.max(this.filledMost, this.items.length);
      this.wakeTaker.ring();
    }
    return !this.isStopped;
  }

  /** Everything that is there, an item at least; undefined at the end. */
  async take(): Promise<readonly Item[] | undefined> {
    while (this.items.length === 0 && this.writers > 0 && !this.isStopped) await this.wakeTaker.rung();
    if (this.items.length === 0 || this.isStopped) return undefined;
    const taken = this.items;
    this.items = [];
    this.wakeWriters.ring();
    return taken;
  }

  /** One of its writers is done. */
  close(): void {
    this.writers--;
    this.wakeTaker.ring();
  }

  /** Drops what it holds; nobody waits for it any more. */
  stop(): void {
    this.isStopped = true;
    this.items = [];
    this.wakeTaker.ring();
    this.wakeWriters.ring();
  }
}

/** Wakes all who wait for it. */
class Bell {
  private next = Promise.withResolvers<void>();

  rung(): Promise<void> {
    return this.next.promise;
  }

  ring(): void {
    const rung = this.next;
    this.next = Promise.withResolvers();
    rung.resolve();
  }
}
