import { digestHex } from "@daybook/kernel/digest";
import { digestText } from "@daybook/data/store/encode";
import { FIRST_PREVIOUS, readSeal, SEAL_FACTS_MAX, sealHash, type Seal, type SealRow, type SealedFact } from "./seal-format.ts";

/** A fact as it lies in a file, an export or a store. */
export interface RawFact {
  readonly position: number;
  readonly version: number;
  readonly recordedAt: number;
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: string;
  readonly meta: string;
  /** In lower-case hex. */
  readonly digest: string;
}

/** The facts after a position, in order, at most `limit`; fewer only at the end. */
export type ReadRawFacts = (after: number, limit: number) => Promise<readonly RawFact[]> | readonly RawFact[];

export interface Verification {
  /** Facts that were looked at. */
  readonly checked: number;
  /** Facts after the last seal: their digests are checked, their order and number are not vouched for. */
  readonly unsealed: number;
  /** In order; it ends after 1,000. Empty: the log is what was sealed. */
  readonly violations: readonly Violation[];
}

export interface Violation {
  readonly position: number;
  readonly what: ViolationKind;
}

export type ViolationKind =
  /** The record's text is not what its digest says. */
  | "record-changed"
  /** No record at this position, or, in the tail, none up to where the next one stands. */
  | "record-missing"
  /** A record stands before one with a smaller or equal position. */
  | "record-out-of-order"
  /** Recorded earlier than the record before. */
  | "time-goes-back"
  /** The facts of the range that begins here are not those that were sealed: changed, swapped or exchanged. */
  | "seal-mismatch"
  /** The seal does not follow the one before: that one, or this one, was changed or exchanged. */
  | "seal-chain-broken"
  /** No seal covers what begins here, though a later one, or the sealer's checkpoint, says that it was sealed. */
  | "seal-missing"
  /** The seal's row is not in the form of a seal, or covers what the one before covers. */
  | "seal-unreadable";

export interface VerifyOptions {
  /** The value of `checkpoint/sealer`: seals must reach it. */
  readonly sealedTo?: number;
  /** Where the log begins that is verified, with the hash of the seal before it; at the very first fact unless given. */
  readonly start?: { readonly after: number; readonly previous: string };
}

const VIOLATIONS_MAX = 1_000;

/**
 * Verifies the log against its seals without any store: recomputes each fact's digest from its text and each seal from
 * its facts. `seals`: the rows of the collection, by key. What it cannot see is a log and seals that were both cut at the
 * end, or both written anew from some place on: compare the last hash with one that was kept elsewhere.
 */
export async function verifySeals(
  readFacts: ReadRawFacts,
  seals: Iterable<SealRow> | AsyncIterable<SealRow>,
  options: VerifyOptions = {},
): Promise<Verification> {
  const verifier = new Verifier(readFacts, options.start);
  for await (const row of seals) {
    await verifier.seal(row);
    if (verifier.isFull) return verifier.verification(0);
  }
  const { sealedTo = 0 } = options;
  if (sealedTo > verifier.sealed) verifier.report(verifier.sealed + 1, "seal-missing");
  return verifier.verification(await verifier.tail());
}

class Verifier {
  /** Last position that a readable seal covers. */
  sealed = 0;
  private readonly readFacts: ReadRawFacts;
  private readonly violations: Violation[] = [];
  private checked = 0;
  /** Hash that the next seal must follow; undefined when it cannot be known. */
  private previous: string | undefined;
  private lastRecordedAt = 0;

  constructor(readFacts: ReadRawFacts, start: VerifyOptions["start"]) {
    this.readFacts = readFacts;
    this.sealed = start?.after ?? 0;
    this.previous = start?.previous ?? FIRST_PREVIOUS;
  }

  get isFull(): boolean {
    return this.violations.length >= VIOLATIONS_MAX;
  }

  report(position: number, what: ViolationKind): void {
    if (!this.isFull) this.violations.push({ position, what });
  }

  verification(unsealed: number): Verification {
    return { checked: this.checked, unsealed, violations: this.violations };
  }

  async seal(row: SealRow): Promise<void> {
    const seal = readSeal(row);
    if (!seal || seal.from <= this.sealed) {
      this.report(this.sealed + 1, "seal-unreadable");
      this.previous = undefined;
      return;
    }
    if (seal.from !== this.sealed + 1) await this.gap(seal);
    if (this.previous !== undefined && seal.previous !== this.previous) this.report(seal.from, "seal-chain-broken");
    await this.range(seal);
    this.previous = seal.hash;
    this.sealed = seal.to;
  }

  /** What lies between two seals: its facts are looked at, but nothing vouches for them. */
  private async gap(seal: Seal): Promise<void> {
    if (this.previous !== undefined) this.report(this.sealed + 1, "seal-missing");
    this.previous = undefined;
    await this.facts(this.sealed, seal.from - 1);
  }

  private async range(seal: Seal): Promise<void> {
    const before = this.violations.length;
    const facts = await this.facts(seal.from - 1, seal.to);
    const isSealed = facts.length === seal.count && sealHash(seal.previous, seal.from, seal.to, facts) === seal.hash;
    if (!isSealed && this.violations.length === before) this.report(seal.from, "seal-mismatch");
  }

  /** Checks the facts after `after` up to `to` one by one; those that are there, each once, are answered. */
  private async facts(after: number, to: number): Promise<readonly SealedFact[]> {
    const facts: SealedFact[] = [];
    let last = after;
    while (last < to && !this.isFull) {
      const page = await this.readFacts(last, Math.min(SEAL_FACTS_MAX, to - last));
      const start = last;
      for (const fact of page) {
        if (fact.position > to) break;
        facts.push(this.fact(fact, last));
        last = Math.max(last, fact.position);
      }
      if (last === start) {
        this.report(last + 1, "record-missing");
        return facts;
      }
    }
    return facts;
  }

  private fact(fact: RawFact, last: number): SealedFact {
    const { position, version, recordedAt } = fact;
    this.checked++;
    if (position <= last) this.report(position, "record-out-of-order");
    else if (position > last + 1) this.report(last + 1, "record-missing");
    const digest = digestHex(digestText(fact));
    if (digest !== fact.digest) this.report(position, "record-changed");
    if (recordedAt < this.lastRecordedAt) this.report(position, "time-goes-back");
    this.lastRecordedAt = recordedAt;
    return { position, version, recordedAt, digestHex: digest };
  }

  /** Facts after the last seal. */
  async tail(): Promise<number> {
    let last = this.sealed;
    let count = 0;
    while (!this.isFull) {
      const page = await this.readFacts(last, SEAL_FACTS_MAX);
      const start = last;
      for (const fact of page) {
        this.fact(fact, last);
        last = Math.max(last, fact.position);
      }
      if (last === start) break;
      count += page.length;
    }
    return count;
  }
}
