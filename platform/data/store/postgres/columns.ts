import type { EncodedEvent } from "../engine.ts";

/** Distinct things that steps name, each by its place from 1. Some have a name of two parts. */
export class Cells {
  readonly first: string[] = [];
  readonly second: string[] = [];
  private readonly places = new Map<string, number>();

  place(first: string, second?: string): number {
    const name = second === undefined ? first : `${first.length} ${first}${second}`;
    let place = this.places.get(name);
    if (place === undefined) {
      place = this.first.push(first);
      if (second !== undefined) this.second.push(second);
      this.places.set(name, place);
    }
    return place;
  }
}

/** Units' steps (steps.ts), a step's values at the same index of each column. */
export class StepColumns {
  readonly unit: number[] = [];
  readonly kind: number[] = [];
  readonly cell: number[] = [];
  readonly number: number[] = [];
  readonly text: string[] = [];
  /** A row's index entries as JSON. Empty when no row of the batch has any. */
  readonly entries: string[] = [];

  add(unit: number, kind: number, cell: number, number: number, text: string): void {
    this.unit.push(unit);
    this.kind.push(kind);
    this.cell.push(cell);
    this.number.push(number);
    this.text.push(text);
    if (this.entries.length > 0) this.entries.push("");
  }

  /** Of the step added last. */
  setEntries(json: string): void {
    while (this.entries.length < this.unit.length) this.entries.push("");
    this.entries[this.entries.length - 1] = json;
  }
}

/** Events of one kind of stream, an event's values at the same index of each column. */
export class EventColumns {
  /** The append that it belongs to, from 1, and its place in it, from 1. */
  readonly step: number[] = [];
  readonly nth: number[] = [];
  readonly ordinal: number[] = [];
  readonly schemaVersion: number[] = [];
  readonly type: string[] = [];
  readonly data: string[] = [];
  readonly meta: string[] = [];
  readonly digest: string[] = [];

  add(step: number, events: readonly EncodedEvent[]): void {
    let nth = 0;
    for (const event of events) {
      this.step.push(step);
      this.nth.push(++nth);
      this.ordinal.push(event.ordinal);
      this.schemaVersion.push(event.schemaVersion);
      this.type.push(event.type);
      this.data.push(event.data);
      this.meta.push(event.meta);
      this.digest.push(event.digest);
    }
  }
}
