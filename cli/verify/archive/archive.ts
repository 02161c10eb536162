import { hash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import type { Row, Store } from "@daybook/data/store";
import { isRecord, memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { rowsOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";
import { digestOf, readSegmentFile, type SealRow } from "./segment-file.ts";

/** The archive of a store, as it was looked through before anything else: all other checks read facts through it. */
export interface VerifiedArchive {
  readonly check: Check;
  /** Facts up to here are in files. */
  readonly to: number;
  /** Every file is there and is the one that was recorded. */
  readonly isWhole: boolean;
  /** Of all files, in order. */
  readonly seals: () => Generator<SealRow>;
}

const FIRST_PREVIOUS = "0".repeat(64);

/**
 * Each file of old facts is there and is the one that was recorded; they cover the log from 1 without a gap, and so do their seals,
 * which follow each other from file to file; the filter of each knows every stream and correlation in it.
 */
export async function verifyArchive(store: Store, cold: string | undefined): Promise<VerifiedArchive> {
  const findings = new Findings("archive");
  const paths: string[] = [];
  let [to, previous, isWhole] = [0, FIRST_PREVIOUS, true];
  for await (const row of rowsOf(store, "segments")) {
    findings.checked++;
    const key = `segments/${row.key}`;
    const record = recordOf(row);
    if (!record) {
      findings.violated("the record of the segment cannot be read", { key });
      isWhole = false;
      continue;
    }
    if (record.from !== to + 1) findings.violated("does not begin where the segment before it ends", { key, position: to + 1 });
    if (record.previous !== previous) findings.violated("its seals do not follow those of the segment before it", { key });
    [to, previous] = [record.to, record.hash];
    const path = `${cold ?? ""}/${record.from}-${record.to}.db`;
    paths.push(path);
    const faults = [...faultsOf(record, path)];
    for (const what of faults) findings.violated(what, { key, position: record.from });
    isWhole &&= faults.length === 0;
  }
  findings.checked++; // that there are no others
  return { check: { findings: [findings] }, to, isWhole, seals: () => sealsOf(paths) };
}

function* sealsOf(paths: readonly string[]): Generator<SealRow> {
  for (const path of paths) yield* readSegmentFile(path).seals;
}

/** Up to where facts are archived now. */
export async function archivedTo(store: Store): Promise<number> {
  const { rows } = await store.listRows({ collection: "segments", direction: "backwards", limit: 1 });
  return Number(rows[0]?.key ?? 0);
}

interface Recorded {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly digest: string;
  readonly previous: string;
  readonly hash: string;
  readonly names: string;
}

function recordOf({ key, value }: Row): Recorded | undefined {
  const parsed = parsedJson(value);
  if (!isRecord(parsed)) return undefined;
  const numbers = ["from", "to", "bytes"].every((name) => Number.isSafeInteger(memberOf(parsed, name)));
  const texts = ["digest", "previous", "hash", "names"].every((name) => typeof memberOf(parsed, name) === "string");
  if (!numbers || !texts) return undefined;
  const record = parsed as unknown as Recorded; // as just seen
  return String(record.to).padStart(16, "0") === key ? record : undefined;
}

function* faultsOf(record: Recorded, path: string): Generator<string, void> {
  const { from, to, bytes, digest, hash: last, names } = record;
  if (!existsSync(path)) {
    yield `there is no ${path}`;
    return;
  }
  if (statSync(path).size !== bytes || digestOf(path) !== digest) {
    yield `${path} is not the file that was recorded`;
    return;
  }
  const file = readSegmentFile(path);
  if (file.from !== from || file.to !== to || file.facts !== to - from + 1)
    yield `${path} does not hold the facts ${from} to ${to}`;
  if (memberOf(parsedJson(file.seals.at(-1)?.value ?? ""), "hash") !== last)
    yield "its last seal is not the one that was recorded";
  const filter = Buffer.from(names, "base64");
  const missed = file.names.filter((name) => !holds(filter, name));
  if (missed.length > 0) yield `its filter misses ${missed.length} streams or correlations`;
}

/** Seven places of two halves of a hash: docs/format.md, section "Segments". */
function holds(filter: Uint8Array, name: string): boolean {
  const digest = hash("sha256", name, "hex");
  const [first, second] = [Number(`0x${digest.slice(0, 8)}`), Number(`0x${digest.slice(8, 16)}`)];
  for (let n = 0; n < 7; n++) {
    const place = (first + n * second) % (filter.length * 8);
    if (((filter[Math.floor(place / 8)] ?? 0) & (2 ** (place % 8))) === 0) return false;
  }
  return true;
}
