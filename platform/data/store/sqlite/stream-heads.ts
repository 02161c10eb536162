import { categoryOf } from "../encode.ts";
import { Rising } from "./rising.ts";

const HEADS_MAX = 4_096;
const CATEGORIES_MAX = 1_024;

/** The look-ups that the memory of `StreamHeads` saves. */
export interface HeadLookups {
  /** The version of a stream, 0 when it does not exist. */
  version(stream: string): number;
  /** The highest name, in SQLite's order, of the streams of a category; empty when there are none. */
  lastOf(category: string): string;
}

/**
 * Versions of the streams of one kind, as the only writer knows them. Those used last are remembered, from their second
 * event on, in two generations: when the young one is full it becomes the old one. Names rise with time, each category
 * for itself: what is beyond the highest of its category is a fresh stream, which costs no look-up.
 */
export class StreamHeads {
  private readonly lookups: HeadLookups;
  private young = new Map<string, number>();
  private old = new Map<string, number>();
  private readonly names = new Map<string, Rising>();

  constructor(lookups: HeadLookups) {
    this.lookups = lookups;
  }

  version(stream: string): number {
    if (this.namesLike(stream).isBeyond(stream)) return 0;
    return this.young.get(stream) ?? this.old.get(stream) ?? this.lookups.version(stream);
  }

  set(stream: string, version: number): void {
    const names = this.namesLike(stream);
    const isFresh = names.isBeyond(stream);
    names.add(stream);
    if (isFresh && version === 1) return; // most streams' first event is their last for a while: a look-up costs less
    if (this.young.size >= HEADS_MAX) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(stream, version);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
    this.names.clear();
  }

  private namesLike(stream: string): Rising {
    const category = categoryOf(stream);
    let names = this.names.get(category);
    if (!names) {
      if (this.names.size >= CATEGORIES_MAX) this.names.clear();
      names = new Rising(this.lookups.lastOf(category));
      this.names.set(category, names);
    }
    return names;
  }
}
