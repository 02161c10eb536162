import type { RowCursor } from "../port.ts";

/** The part of an index, ordered by entry and key, that a page covers: from inclusive, to exclusive. */
export interface Range {
  readonly from: string;
  readonly fromKey: string;
  /** A blob stands for "no end": SQLite sorts every text before every blob. */
  readonly to: string | Uint8Array;
  readonly toKey: string;
  /** `from` itself was on the page before. */
  readonly isAfter: boolean;
}

const NO_END = new Uint8Array(0);

/** The texts that start with `prefix`, beyond the cursor in this direction. */
export function rangeOf(prefix: string, direction: "forwards" | "backwards", after: RowCursor | undefined): Range {
  const whole: Range = { from: prefix, fromKey: "", to: endOf(prefix) ?? NO_END, toKey: "", isAfter: false };
  if (!after) return whole;
  if (direction === "forwards") {
    // "\0" makes the first text after the cursor's key; names hold no control characters.
    return after.entry < prefix ? whole : { ...whole, from: after.entry, fromKey: `${after.key}\u0000`, isAfter: true };
  }
  const isBeyond = typeof whole.to === "string" && after.entry >= whole.to;
  return isBeyond ? whole : { ...whole, to: after.entry, toKey: after.key };
}

/** The first text, in code-point order, after all that start with `prefix`; undefined when there is none. */
export function endOf(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = (last.codePointAt(0) ?? 0) + 1;
    if (next > 0x10ffff) continue;
    return points.join("") + String.fromCodePoint(next === 0xd800 ? 0xe000 : next);
  }
  return undefined;
}
