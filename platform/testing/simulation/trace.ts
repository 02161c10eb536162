import { createHash } from "node:crypto";

/** What happened in a run, a line each, as one hash: two runs that are the same have the same hash. */
export interface Trace {
  add(what: string): void;
  /** Hex SHA-256 of all lines so far. */
  hash(): string;
  /** The last lines, oldest first. */
  tail(): readonly string[];
}

const KEPT = 400;

export function trace(elapsed: () => number): Trace {
  const sum = createHash("sha256");
  const kept: string[] = [];
  return {
    add(what) {
      const line = `${elapsed()} ${what}`;
      sum.update(`${line}\n`);
      kept.push(line);
      if (kept.length > 2 * KEPT) kept.splice(0, KEPT);
    },
    hash: () => sum.copy().digest("hex"),
    tail: () => kept.slice(-KEPT),
  };
}
