import { canonical } from "@daybook/kernel/canonical";
import { digestHex } from "@daybook/kernel/digest";

/** A seal over the facts `from` … `to`; docs/format.md, section "Seals". */
export interface Seal {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Hash of the seal before; 64 zeros for the first. */
  readonly previous: string;
  readonly hash: string;
}

/** A row of the collection `seals`, as stored. */
export interface SealRow {
  readonly key: string;
  readonly value: string;
}

export const SEALS = "seals";
/** Facts in a range at most. */
export const SEAL_FACTS_MAX = 1_000;
export const FIRST_PREVIOUS = "0".repeat(64);

/** What a seal says of one fact. */
export interface SealedFact {
  readonly position: number;
  readonly version: number;
  readonly recordedAt: number;
  readonly digestHex: string;
}

/** SHA-256, in hex, of the lines: previous hash, from, to, then of each fact position, version, time and digest. */
export function sealHash(previous: string, from: number, to: number, facts: readonly SealedFact[]): string {
  const lines = facts.map((fact) => `${fact.position} ${fact.version} ${fact.recordedAt} ${fact.digestHex}`);
  return digestHex([previous, from, to, ...lines].join("\n"));
}

/** Key of a seal's row: its last position in 16 digits, so that rows are listed in order. */
export function sealKey(to: number): string {
  return String(to).padStart(16, "0");
}

export function sealText(seal: Seal): string {
  return canonical(seal);
}

/** Undefined when the row is not what `sealText` and `sealKey` write. */
export function readSeal({ key, value }: SealRow): Seal | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { from, to, count, previous, hash } = parsed as Partial<Record<keyof Seal, unknown>>; // checked right below
  if (typeof from !== "number" || typeof to !== "number" || typeof count !== "number") return undefined;
  if (typeof previous !== "string" || typeof hash !== "string") return undefined;
  const seal: Seal = { from, to, count, previous, hash };
  const isWhole = from >= 1 && to >= from && count === to - from + 1 && Number.isSafeInteger(to) && Number.isSafeInteger(from);
  return isWhole && sealText(seal) === value && sealKey(to) === key ? seal : undefined;
}
