import type { EncodedEvent } from "../engine.ts";
import { EventColumns } from "./columns.ts";

/** Who looks at a thing: unit and condition from 0. */
export interface Asker {
  readonly unit: number;
  readonly condition: number;
}

export interface PlainStream {
  readonly name: string;
  /** Version before the batch, when a condition says it. */
  base: number | undefined;
  /** A condition wants that it is there before the batch. */
  mustExist: boolean;
  /** Events that the batch adds. */
  added: number;
  /** Those that look at what is there before the batch, each with the version that it expects; undefined for any but 0. */
  readonly askers: (Asker & { readonly is: number | undefined })[];
}

/** Streams of one kind that a plain batch looks at or appends to, with the events. */
export class PlainStreams {
  readonly columns = new EventColumns();
  /** Of each event: unit, stream, and its place among those that the batch adds to the stream; units and places from 1. */
  readonly unit: number[] = [];
  readonly stream: PlainStream[] = [];
  readonly nth: number[] = [];
  /** Whether a condition counts on what an earlier unit of the batch appends. */
  isChained = false;
  private readonly byName = new Map<string, PlainStream>();

  get size(): number {
    return this.byName.size;
  }

  /** For the choice of a separator. */
  texts(): readonly (readonly string[])[] {
    return [[...this.byName.keys()], this.columns.type, this.columns.data, this.columns.meta];
  }

  /** False when it can not hold together with what is before it. */
  expectVersion(asker: Asker, name: string, is: number): boolean {
    const stream = this.named(name);
    if (stream.added > 0) this.isChained = true;
    else stream.askers.push({ ...asker, is });
    stream.base ??= is - stream.added;
    return stream.base >= (stream.mustExist ? 1 : 0) && stream.base + stream.added === is;
  }

  /** As above. */
  expectExists(asker: Asker, name: string): boolean {
    const stream = this.named(name);
    if (stream.added > 0) {
      this.isChained = true;
      return true;
    }
    stream.askers.push({ ...asker, is: undefined });
    stream.mustExist = true;
    return stream.base !== 0;
  }

  append(unit: number, name: string, events: readonly EncodedEvent[]): void {
    const stream = this.named(name);
    this.columns.add(0, events);
    for (let n = events.length; n > 0; n--) {
      this.unit.push(unit + 1);
      this.stream.push(stream);
      this.nth.push(++stream.added);
    }
  }

  /** Version that the batch's event number `event`, from 1, gets once the stream's base is known. */
  versionOf(event: number): number {
    return (this.stream[event - 1]?.base ?? 0) + (this.nth[event - 1] ?? 0);
  }

  /** Those that get events come first. */
  ordered(): { readonly streams: readonly PlainStream[]; readonly written: number } {
    const all = [...this.byName.values()];
    const written = all.filter((stream) => stream.added > 0);
    return { streams: [...written, ...all.filter((stream) => stream.added === 0)], written: written.length };
  }

  private named(name: string): PlainStream {
    let stream = this.byName.get(name);
    if (!stream) this.byName.set(name, (stream = { name, base: undefined, mustExist: false, added: 0, askers: [] }));
    return stream;
  }
}

/** As the functions take it: the version, −1 for any but 0, undefined for any. */
export function expectedOf({ base, mustExist }: PlainStream): number | undefined {
  return base ?? (mustExist ? -1 : undefined);
}

/** Those whose condition does not hold at this version. */
export function disappointed({ askers }: PlainStream, version: number): readonly Asker[] {
  return askers.filter(({ is }) => (is === undefined ? version === 0 : version !== is));
}
