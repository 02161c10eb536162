import { Refusal } from "./refusal.ts";

/** Public names of what the sandbox numbers: `ch_<file>_<n>`, other in every data folder. */
export interface Identifiers {
  of(kind: IdKind, n: number): string;
  /** The number inside `id`; refuses what is no such name. */
  numberIn(kind: IdKind, id: string): number;
}

export type IdKind = "ch" | "re" | "pc" | "ml";

export function identifiers(fileName: string): Identifiers {
  return {
    of: (kind, n) => `${kind}_${fileName}_${n}`,
    numberIn(kind, id) {
      const start = `${kind}_${fileName}_`;
      const digits = id.startsWith(start) ? id.slice(start.length) : "";
      if (!/^[1-9]\d{0,14}$/.test(digits)) throw new Refusal(404, "not-found", `there is no ${id.slice(0, 100)}`);
      return Number(digits);
    },
  };
}
