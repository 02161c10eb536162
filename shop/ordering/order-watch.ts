import { bell, type Bell } from "@daybook/data/event-store/bell";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { ORDER_CATEGORY } from "./events.ts";

/**
 * Tells those who follow orders that there is news of theirs. The log is read once for all of them, and only while there
 * are some.
 */
export class OrderWatch {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly followers = new Map<string, Set<Bell>>();
  private unwatch: (() => void) | undefined;
  private started: Promise<void> | undefined;
  private position = 0;
  private isReading = false;
  private mustRead = false;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** A bell that rings when there is news of the order's stream; to be given back. It may ring for nothing. */
  async follow(stream: string): Promise<Bell> {
    const rung = bell(this.clock);
    this.followers.set(stream, (this.followers.get(stream) ?? new Set()).add(rung));
    try {
      await (this.started ??= this.start());
    } catch (error) {
      this.started = undefined;
      this.leave(stream, rung);
      throw error;
    }
    return rung;
  }

  leave(stream: string, rung: Bell): void {
    const bells = this.followers.get(stream);
    bells?.delete(rung);
    if (bells?.size === 0) this.followers.delete(stream);
    if (this.followers.size > 0) return;
    this.unwatch?.();
    this.unwatch = undefined;
    this.started = undefined;
  }

  private async start(): Promise<void> {
    this.position = (await this.store.head()).position;
    this.unwatch = this.store.watch(() => void this.read());
  }

  private async read(): Promise<void> {
    this.mustRead = true;
    if (this.isReading) return;
    this.isReading = true;
    try {
      while (this.mustRead && this.unwatch) {
        this.mustRead = false;
        await this.readOn();
      }
    } catch {
      for (const bells of this.followers.values()) for (const rung of bells) rung.ring(); // let each see for itself
    } finally {
      this.isReading = false;
    }
  }

  private async readOn(): Promise<void> {
    for (;;) {
      const { events, scannedTo } = await this.store.readLog({ after: this.position, categories: [ORDER_CATEGORY] });
      for (const { stream } of events) for (const rung of this.followers.get(stream) ?? []) rung.ring();
      if (scannedTo <= this.position) return;
      this.position = scannedTo;
    }
  }
}
