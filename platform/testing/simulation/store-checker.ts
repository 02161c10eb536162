import { isDeepStrictEqual } from "node:util";
import type { Row, StoredEvent, StoreReads } from "@daybook/data/store";
import type { Unit, Verdict } from "@daybook/data/store/unit";
import type { Journal } from "./journal.ts";
import type { RecordedCommit, StoreRecord } from "./recorded-store.ts";
import { checkReads } from "./read-checker.ts";
import { StoreModel, type ModelVerdict } from "./store-model.ts";
import type { Findings } from "./violation.ts";

/** The final state of a store, as it is read from its durable form. */
export interface RawState {
  readonly log: readonly StoredEvent[];
  readonly rows: readonly Row[];
  readonly keys: ReadonlyMap<string, string>;
}

/** Reads everything that a store holds, of the collections given. */
export async function rawState(reads: StoreReads, collections: readonly string[]): Promise<RawState> {
  const log: StoredEvent[] = [];
  for (let after = 0; ;) {
    const page = await reads.readLog({ after });
    log.push(...page.events);
    if (page.scannedTo === after) break;
    after = page.scannedTo;
  }
  const rows: Row[] = [];
  for (const collection of collections) {
    for (let next: { after?: { entry: string; key: string } } | undefined = {}; next;) {
      const page = await reads.listRows({ collection, ...next });
      rows.push(...page.rows);
      next = page.next && { after: page.next };
    }
  }
  const keys = new Map<string, string>();
  for (let last: string | undefined = ""; last !== undefined;) {
    const page = await reads.listKeys("", last === "" ? {} : { after: last });
    for (const { key, value } of page) keys.set(key, value);
    last = page.at(-1)?.key;
  }
  return { log, rows, keys };
}

/**
 * Whether the store kept its contract: every verdict is that of the model, told to the caller that it is for; what was
 * acknowledged is there, what was refused is not, and every read was of a state that was durable.
 */
export function checkStore(journal: Journal, record: StoreRecord, state: RawState, findings: Findings): StoreModel {
  const model = replayed(journal, record, findings);
  checkAnswers(journal, record, findings);
  checkOrder(journal, record, findings);
  checkCheckpoints(model, findings);
  checkFinalState(model, state, findings);
  checkReads(model, record.reads, findings);
  return model;
}

/** The model after all journal entries, each of whose verdicts it has compared with its own. */
function replayed(journal: Journal, { commits }: StoreRecord, findings: Findings): StoreModel {
  const units = new Map<string, Unit>(commits.map(({ unit }) => [unit.id, unit]));
  const model = new StoreModel();
  for (const { at, units: batch, verdicts } of journal.entries) {
    model.nextEntry(at);
    for (const [index, { id }] of batch.entries()) {
      const unit = units.get(id);
      findings.expect("nothing invented", unit !== undefined, () => `unit ${id} was never submitted`);
      if (!unit) continue;
      const expected = model.apply(unit);
      const actual = verdicts[index];
      const isSame = actual !== undefined && agrees(actual, expected);
      findings.expect("conditions decide", isSame, () => `unit ${id}: ${show(actual)} instead of ${show(expected)}`);
    }
  }
  return model;
}

function agrees(actual: Verdict, expected: ModelVerdict): boolean {
  if (actual.outcome === "refused") return expected.outcome === "refused" && actual.condition === expected.condition;
  if (actual.outcome !== "committed" || expected.outcome !== "committed") return false;
  const { position, recordedAt, versions, tokens, isRepeated } = expected;
  return isDeepStrictEqual(actual, { outcome: "committed", position, recordedAt, versions, tokens, isRepeated });
}

/** What callers were told is what became of their units. */
function checkAnswers(journal: Journal, { commits }: StoreRecord, findings: Findings): void {
  const durable = new Map<string, Verdict[]>();
  for (const { units, verdicts } of journal.entries) {
    for (const [index, { id }] of units.entries()) {
      const verdict = verdicts[index];
      if (verdict) durable.set(id, [...(durable.get(id) ?? []), verdict]);
    }
  }
  const tries = Map.groupBy(commits, ({ unit }) => unit.id);
  for (const commit of commits) {
    const found = durable.get(commit.unit.id) ?? [];
    const wrong = wrongAnswer(commit, found, tries.get(commit.unit.id)?.length === 1);
    findings.expect("answers are true", wrong === undefined, () => `unit ${commit.unit.id} of ${commit.process}: ${wrong}`);
  }
}

/** `isOnlyTry`: the unit was submitted once, so that everything found is of this answer. */
function wrongAnswer({ verdict, rejected }: RecordedCommit, found: readonly Verdict[], isOnlyTry: boolean): string | undefined {
  const has = (outcome: Verdict["outcome"]) => found.some((one) => one.outcome === outcome);
  if (rejected !== undefined) return isOnlyTry && has("committed") ? `rejected (${rejected}), and committed` : undefined;
  if (verdict === undefined || verdict.outcome === "unknown") return undefined;
  if (verdict.outcome === "refused") {
    if (!has("refused")) return "refused, but the engine never said so";
    return isOnlyTry && has("committed") ? "refused, and committed" : undefined;
  }
  return found.some((one) => isDeepStrictEqual(one, verdict)) ? undefined : `told ${show(verdict)}, durable is ${show(found)}`;
}

/** Units of one process that were submitted once were first applied in the order in which it submitted them. */
function checkOrder(journal: Journal, { commits }: StoreRecord, findings: Findings): void {
  const places = new Map<string, number>();
  for (const { id } of journal.entries.flatMap(({ units }) => units)) if (!places.has(id)) places.set(id, places.size);
  const tries = Map.groupBy(commits, ({ unit }) => unit.id);
  const latest = new Map<string, number>();
  for (const { process, unit } of commits) {
    const place = places.get(unit.id);
    if (place === undefined || tries.get(unit.id)?.length !== 1) continue;
    findings.expect(
      "order of submission",
      place > (latest.get(process) ?? -1),
      () => `unit ${unit.id} of ${process} was overtaken`,
    );
    latest.set(process, place);
  }
}

/** A checkpoint only advances. */
function checkCheckpoints(model: StoreModel, findings: Findings): void {
  for (const [key, history] of model.keys) {
    if (!key.startsWith("checkpoint/")) continue;
    for (const [index, { value }] of history.entries()) {
      const before = Number(history[index - 1]?.value ?? 0);
      findings.expect("checkpoints advance", !(Number(value) < before), () => `${key} goes from ${before} to ${value}`);
    }
  }
}

/** The durable state is that of the model. */
function checkFinalState(model: StoreModel, { log, rows, keys }: RawState, findings: Findings): void {
  findings.expect("log", log.length === model.log.length, () => `the log has ${log.length} facts, not ${model.log.length}`);
  let recordedAt = 0;
  for (const [index, event] of log.entries()) {
    const expected = model.log[index];
    const isSame =
      expected !== undefined &&
      (["id", "position", "stream", "version", "type", "data", "recordedAt"] as const).every(
        (name) => expected[name] === event[name],
      );
    findings.expect("log", isSame, () => `position ${index + 1} holds ${show(event)} instead of ${show(expected)}`);
    findings.expect("log", event.recordedAt >= recordedAt, () => `recordedAt decreases at position ${event.position}`);
    recordedAt = event.recordedAt;
  }
  for (const row of rows) {
    const expected = model.rows.get(`${row.collection}\n${row.key}`)?.at(-1)?.value;
    const { value, revision, position, recordedAt } = row;
    const isSame = isDeepStrictEqual(expected, { value, revision, position, recordedAt });
    findings.expect("rows", isSame, () => `row ${row.collection}/${row.key} is ${show(row)} instead of ${show(expected)}`);
  }
  checkPresence(model, rows, keys, findings);
}

function checkPresence(model: StoreModel, rows: readonly Row[], keys: ReadonlyMap<string, string>, findings: Findings): void {
  const collections = new Set(rows.map(({ collection }) => collection));
  const present = new Set(rows.map(({ collection, key }) => `${collection}\n${key}`));
  for (const [id, history] of model.rows) {
    const isExpected = history.at(-1)?.value !== undefined && collections.has(id.slice(0, id.indexOf("\n")));
    findings.expect("rows", !isExpected || present.has(id), () => `row ${id.replace("\n", "/")} is lost`);
  }
  for (const [key, history] of model.keys) {
    const expected = history.at(-1)?.value;
    findings.expect("keys", keys.get(key) === expected, () => `key ${key} is ${keys.get(key)} instead of ${expected}`);
  }
  for (const key of keys.keys()) findings.expect("keys", model.keys.has(key), () => `key ${key} was never put`);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? undefined : part)) ?? "nothing";
}
