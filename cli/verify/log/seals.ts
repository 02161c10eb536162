import { createHash, type Hash } from "node:crypto";
import type { Store } from "@daybook/data/store";
import type { VerifiedArchive } from "../archive/archive.ts";
import type { SealRow } from "../archive/segment-file.ts";
import { canonicalText, memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { rowsOf } from "../listed-entries.ts";
import type { Check, Fact } from "./fact.ts";

/** A seal: docs/format.md, section "Seals". */
interface Seal {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly previous: string;
  readonly hash: string;
}

const COLLECTION = "seals";
const FIRST_PREVIOUS = "0".repeat(64);

/**
 * Seals cover the log without a gap from position 1 to the sealer's checkpoint (`sealedTo`, read before the log was), each follows
 * the one before, and each has the hash of the facts that are there. Facts after the last are counted. Seals of archived facts are
 * in the archive.
 */
export function sealsCheck(store: Store, archive: VerifiedArchive, sealedTo: number): Check {
  const findings = new Findings("seals");
  const chain = new Chain(allSeals(store, archive), findings);
  let unsealed = 0;
  return {
    findings: [findings],
    async fact(fact) {
      findings.checked++;
      if (fact.stored.position > sealedTo) unsealed++;
      else await chain.fact(fact);
    },
    async end() {
      await chain.end(sealedTo);
      await chain.rest(Number(await store.getKey("checkpoint/sealer")));
      findings.measure("seals", chain.seals);
      findings.measure("unsealed", unsealed);
    },
  };
}

async function* allSeals(store: Store, { seals, to }: VerifiedArchive): AsyncGenerator<SealRow> {
  yield* seals();
  for await (const row of rowsOf(store, COLLECTION)) if (!(Number(row.key) <= to)) yield row;
}

class Chain {
  seals = 0;
  private covered = 0;
  private isInGap = false;
  /** Hash of the seal before; undefined when that one could not be read. */
  private previous: string | undefined = FIRST_PREVIOUS;
  private current: OpenSeal | undefined;
  private ahead: Seal | undefined;
  private readonly rows: AsyncGenerator<SealRow>;
  private readonly findings: Findings;

  constructor(rows: AsyncGenerator<SealRow>, findings: Findings) {
    this.rows = rows;
    this.findings = findings;
  }

  async fact(fact: Fact): Promise<void> {
    const { position } = fact.stored;
    while (this.current && position > this.current.seal.to) this.close();
    this.current ??= await this.open(position);
    if (!this.current) return;
    this.current.add(fact);
    if (position === this.current.seal.to) this.close();
  }

  /** The sealer said that facts are sealed up to here. */
  async end(sealedTo: number): Promise<void> {
    if (this.current) this.close();
    while (this.covered < sealedTo) {
      this.ahead ??= await this.read();
      if (!this.ahead || this.ahead.from > sealedTo) break;
      this.findings.violated("the facts that were sealed here are gone", { position: this.ahead.from, key: keyOf(this.ahead) });
      this.covered = this.ahead.to;
      this.ahead = undefined;
    }
    if (this.covered < sealedTo)
      this.findings.violated("no seal covers this, though it was sealed", { position: this.covered + 1 });
  }

  /** Seals beyond that are of a sealer at work, and then its checkpoint has reached them. */
  async rest(checkpoint: number): Promise<void> {
    for (let seal = this.ahead ?? (await this.read()); seal; seal = await this.read()) {
      if (!(seal.to <= checkpoint)) this.findings.violated("the sealer never came here", { position: seal.to, key: keyOf(seal) });
    }
  }

  /** The seal that covers `position`; undefined, once told, when there is none. */
  private async open(position: number): Promise<OpenSeal | undefined> {
    this.ahead ??= await this.read();
    while (this.ahead && this.ahead.to < position) {
      this.findings.violated("the facts of this seal are not there", { position: this.ahead.from, key: keyOf(this.ahead) });
      this.previous = this.ahead.hash;
      this.covered = this.ahead.to;
      this.ahead = await this.read();
    }
    if (!this.ahead) return undefined;
    if (this.ahead.from > position) {
      this.uncovered(position);
      return undefined;
    }
    return this.begin(this.ahead);
  }

  /** Told once for the whole gap; what follows it cannot be chained. */
  private uncovered(position: number): void {
    if (!this.isInGap) this.findings.violated("no seal covers this, though a later one does", { position });
    this.isInGap = true;
    this.previous = undefined;
  }

  private begin(seal: Seal): OpenSeal {
    this.seals++;
    this.ahead = undefined;
    this.isInGap = false;
    const where = { position: seal.from, key: keyOf(seal) };
    if (this.previous !== undefined && seal.previous !== this.previous)
      this.findings.violated("does not follow the seal before", where);
    return new OpenSeal(seal);
  }

  private close(): void {
    if (!this.current) return;
    const { seal } = this.current;
    if (!this.current.isWhole()) {
      this.findings.violated("the facts are not those that were sealed", { position: seal.from, key: keyOf(seal) });
    }
    this.previous = seal.hash;
    this.covered = seal.to;
    this.current = undefined;
  }

  /** The next readable seal; those that cannot be read, and break the chain, are told. */
  private async read(): Promise<Seal | undefined> {
    for (;;) {
      const found = await this.rows.next();
      if (found.done) return undefined;
      const seal = sealOf(found.value);
      if (seal) return seal;
      this.findings.violated("is not in the form of a seal", { key: `${COLLECTION}/${found.value.key}` });
      this.previous = undefined;
    }
  }
}

/** A seal whose facts are being read. */
class OpenSeal {
  readonly seal: Seal;
  private count = 0;
  private readonly hash: Hash;

  constructor(seal: Seal) {
    this.seal = seal;
    this.hash = createHash("sha256").update(`${seal.previous}\n${seal.from}\n${seal.to}`);
  }

  add({ stored, digest }: Fact): void {
    this.count++;
    this.hash.update(`\n${stored.position} ${stored.version} ${stored.recordedAt} ${digest}`);
  }

  isWhole(): boolean {
    return this.count === this.seal.count && this.hash.digest("hex") === this.seal.hash;
  }
}

function keyOf(seal: Seal): string {
  return `${COLLECTION}/${seal.key}`;
}

function sealOf({ key, value }: SealRow): Seal | undefined {
  const parsed = parsedJson(value);
  const [from, to, count] = ["from", "to", "count"].map((name) => memberOf(parsed, name));
  const [previous, hash] = ["previous", "hash"].map((name) => memberOf(parsed, name));
  if (!isPosition(from) || !isPosition(to) || count !== to - from + 1) return undefined;
  if (!isHash(previous) || !isHash(hash) || key !== String(to).padStart(16, "0")) return undefined;
  const seal = { from, to, count, previous, hash };
  return canonicalText(seal) === value ? { key, ...seal } : undefined;
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
