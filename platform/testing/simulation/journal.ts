import type { EncodedUnit } from "@daybook/data/store/engine";
import type { Verdict } from "@daybook/data/store/unit";

/** A batch as it became durable: what a simulated engine really did, in its order. */
export interface JournalEntry {
  /** The engine's clock when it was applied. */
  readonly at: number;
  readonly units: readonly EncodedUnit[];
  readonly verdicts: readonly Verdict[];
}

/** The durable batches of a run. Checkers take their order as the order of what happened. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** The log's head. */
  readonly head: number;
  /** How many entries there were after the last one with this unit; 0 when there is none. */
  reachedBy(unitId: string): number;
}

export class GrowingJournal implements Journal {
  readonly entries: JournalEntry[] = [];
  head = 0;
  private readonly places = new Map<string, number>();

  add(entry: JournalEntry): void {
    this.entries.push(entry);
    for (const one of entry.verdicts) if (one.outcome === "committed") this.head = Math.max(this.head, one.position);
    for (const { id } of entry.units) this.places.set(id, this.entries.length);
  }

  reachedBy(unitId: string): number {
    return this.places.get(unitId) ?? 0;
  }
}
