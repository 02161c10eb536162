import { existsSync, readFileSync } from "node:fs";
import type { Verdict } from "@daybook/data/store/unit";

/** What the scenario knew before it was killed, a line each, written before it went on. */
export type JournalLine =
  | { readonly kind: "verdict"; readonly unit: string; readonly verdict: Verdict }
  /** The store surely did nothing, as it said itself. */
  | { readonly kind: "rejected"; readonly unit: string; readonly code: string }
  /** A read saw a log of this length. */
  | { readonly kind: "head"; readonly position: number }
  | { readonly kind: "opened" }
  | { readonly kind: "not-opened"; readonly reason: string }
  | { readonly kind: "ended" };

/** The lines of a journal; a last line that was cut off was not acknowledged. */
export function readJournal(file: string): readonly JournalLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalLine); // written by the scenario
}
