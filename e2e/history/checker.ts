import {
  operationsOf,
  type AppendPart,
  type AppendValue,
  type HistoryEntry,
  type LogValue,
  type LoggedEvent,
  type Operation,
  type ReadValue,
} from "./history.ts";
import { notLinearizable, type Step } from "./linearizable.ts";

export interface CheckOptions {
  /** Fewer operations that ended ok prove nothing and fail the check. */
  readonly okMin: number;
}

export interface CheckReport {
  readonly counts: Readonly<Record<"ok" | "fail" | "info", number>>;
  /** Streams whose history was explained or refuted. */
  readonly streams: number;
  /** Empty for a history that the store's contract allows. */
  readonly violations: readonly string[];
}

/**
 * Judges a history by the store's contract: each stream is linearizable under append-with-expected-version and read;
 * the log is contiguous, holds what was acknowledged, once, at the place that was told, units whole, nothing refused
 * and nothing invented, in an order that agrees with time; every reader of the log saw a prefix of it.
 */
export function checkHistory(entries: readonly HistoryEntry[], options: CheckOptions): CheckReport {
  const operations = operationsOf(entries);
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const { type } of operations) counts[type]++;
  const streams = streamsOf(operations);
  const violations = [
    ...(counts.ok < options.okMin ? [`only ${counts.ok} operations ended ok, ${options.okMin} are needed`] : []),
    ...[...streams].flatMap(([stream, own]) => checkStream(stream, own)),
    ...checkLog(operations),
  ];
  return { counts, streams: streams.size, violations };
}

/** A stream's state: interned, so that equal contents are the same object. */
interface Content {
  readonly version: number;
  readonly parent: Content | undefined;
  readonly id: string;
  readonly next: Map<string, Content>;
}

const emptyContent = (): Content => ({ version: 0, parent: undefined, id: "", next: new Map() });

function followedBy(content: Content, ids: readonly string[]): Content {
  let last = content;
  for (const id of ids) {
    const known = last.next.get(id);
    const next = known ?? { version: last.version + 1, parent: last, id, next: new Map() };
    if (!known) last.next.set(id, next);
    last = next;
  }
  return last;
}

function holds(content: Content, id: string | undefined): boolean {
  for (let each: Content | undefined = content; each; each = each.parent) if (each.id === id) return true;
  return false;
}

type StepOf = (root: Content) => Step<Content>;

/** What the operations did to each stream. */
function streamsOf(operations: readonly Operation[]): ReadonlyMap<string, readonly StepOf[]> {
  const streams = new Map<string, StepOf[]>();
  const add = (stream: string, operation: Operation, apply: (root: Content) => Step<Content>["apply"]) => {
    const own = streams.get(stream) ?? [];
    streams.set(stream, own);
    own.push((root) => ({ invokedAt: operation.invokedAt, completedAt: operation.completedAt, apply: apply(root) }));
  };
  for (const operation of operations) {
    if (operation.function === "read" && operation.type === "ok") {
      const { ids = [] } = operation.told as ReadValue; // by its function
      add(operation.key, operation, (root) => (content) => (content === followedBy(root, ids) ? content : undefined));
    }
    if (operation.function !== "append") continue;
    const told = operation.told as AppendValue; // by its function
    if (operation.type === "fail" && told.refused) {
      const { stream, version } = told.refused;
      const expected = told.parts.find((part) => part.stream === stream)?.expected;
      add(stream, operation, () => (content) => (content.version === version && version !== expected ? content : undefined));
    }
    if (operation.type === "fail") continue;
    for (const part of told.parts) add(part.stream, operation, () => (content) => appended(content, part, operation.type, told));
  }
  return streams;
}

function appended(content: Content, part: AppendPart, type: Operation["type"], told: AppendValue): Content | undefined {
  const isThere = holds(content, part.ids[0]);
  const isExpected = part.expected === undefined || part.expected === content.version;
  if (type === "info") return isThere || !isExpected ? content : followedBy(content, part.ids);
  if (told.isRepeated) return isThere ? content : undefined;
  const after = content.version + part.ids.length;
  return isThere || !isExpected || after !== part.version ? undefined : followedBy(content, part.ids);
}

function checkStream(stream: string, steps: readonly StepOf[]): readonly string[] {
  const root = emptyContent();
  const explained = notLinearizable(
    steps.map((step) => step(root)),
    root,
  );
  return explained === undefined
    ? []
    : [`${stream} is not linearizable: no order explains more than ${explained} of ${steps.length} operations`];
}

function checkLog(operations: readonly Operation[]): readonly string[] {
  const reads = operations.filter((operation) => operation.function === "log" && operation.type === "ok");
  const last = reads.at(-1);
  const appends = operations.filter((operation) => operation.function === "append");
  if (!last || appends.some((append) => append.type !== "info" && append.completedAt > last.invokedAt)) {
    return ["the history does not end with a reading of the log"];
  }
  const log = eventsOf(last);
  return [
    ...checkPlaces(log),
    ...checkAcknowledged(log, appends),
    ...checkInvented(log, appends),
    ...checkRealTime(log, appends),
    ...reads.flatMap((read) => checkPrefix(log, read, appends)),
  ];
}

const eventsOf = (read: Operation) => (read.told as LogValue).events ?? []; // by its function
const asked = (append: Operation) => append.asked as AppendValue; // by its function
const told = (append: Operation) => append.told as AppendValue; // by its function

function checkPlaces(log: readonly LoggedEvent[]): readonly string[] {
  const versions = new Map<string, number>();
  const violations: string[] = [];
  for (const [index, event] of log.entries()) {
    if (event.position !== index + 1) violations.push(`position ${event.position} stands where ${index + 1} is due`);
    const version = (versions.get(event.stream) ?? 0) + 1;
    if (event.version !== version)
      violations.push(`${event.stream} has version ${event.version} in the log where ${version} is due`);
    versions.set(event.stream, version);
  }
  if (new Set(log.map((event) => event.id)).size !== log.length) violations.push("an event stands in the log twice");
  return violations;
}

function checkAcknowledged(log: readonly LoggedEvent[], appends: readonly Operation[]): readonly string[] {
  const positions = new Map(log.map((event) => [event.id, event.position]));
  const violations: string[] = [];
  for (const append of appends.filter(({ type }) => type === "ok")) {
    const { unit, position } = told(append);
    const ids = asked(append).parts.flatMap((part) => part.ids);
    const found = ids.map((id) => positions.get(id));
    if (found.includes(undefined)) violations.push(`unit ${unit} was acknowledged and is not whole in the log`);
    else if (found.at(-1) !== position) violations.push(`unit ${unit} was told position ${position} and ends at ${found.at(-1)}`);
  }
  return violations;
}

/** Whatever is in the log was asked for, was not refused, and stands there as one whole. */
function checkInvented(log: readonly LoggedEvent[], appends: readonly Operation[]): readonly string[] {
  const unitOf = new Map(
    appends.flatMap((append) => asked(append).parts.flatMap((part) => part.ids.map((id) => [id, asked(append).unit]))),
  );
  const sizes = new Map(appends.map((append) => [asked(append).unit, asked(append).parts.flatMap((part) => part.ids).length]));
  const accepted = new Set(appends.filter(({ type }) => type !== "fail").map((append) => asked(append).unit));
  const violations: string[] = [];
  for (let i = 0; i < log.length;) {
    const unit = unitOf.get(log[i]?.id ?? "");
    let end = i + 1;
    while (end < log.length && unitOf.get(log[end]?.id ?? "") === unit) end++;
    if (unit === undefined) violations.push(`nobody asked for the event ${log[i]?.id}`);
    else if (!accepted.has(unit)) violations.push(`unit ${unit} was refused and is in the log`);
    else if (sizes.get(unit) !== end - i) violations.push(`unit ${unit} does not stand in the log as one whole`);
    i = end;
  }
  return violations;
}

/** What was acknowledged before another unit was asked for stands before it. */
function checkRealTime(log: readonly LoggedEvent[], appends: readonly Operation[]): readonly string[] {
  const positions = new Map(log.map((event) => [event.id, event.position]));
  const first = (append: Operation) => positions.get(asked(append).parts[0]?.ids[0] ?? "") ?? 0;
  const fresh = appends.filter((append) => append.type === "ok" && told(append).isRepeated !== true);
  const completed = fresh.toSorted((a, b) => a.completedAt - b.completedAt);
  const violations: string[] = [];
  let next = 0;
  let highest = 0;
  for (const append of fresh) {
    for (; (completed[next]?.completedAt ?? Infinity) < append.invokedAt; next++)
      highest = Math.max(highest, told(completed[next] as Operation).position ?? 0); // inside, by the condition
    if (first(append) <= highest)
      violations.push(`unit ${asked(append).unit} stands before what was acknowledged before it was asked for`);
  }
  return violations;
}

function checkPrefix(log: readonly LoggedEvent[], read: Operation, appends: readonly Operation[]): readonly string[] {
  const seen = eventsOf(read);
  const violations: string[] = [];
  if (seen.some((event, index) => event.id !== log[index]?.id))
    violations.push(`a reader at ${read.invokedAt} saw no prefix of the log`);
  const acknowledged = appends.filter((append) => append.type === "ok" && append.completedAt < read.invokedAt);
  const highest = Math.max(0, ...acknowledged.map((append) => told(append).position ?? 0));
  if (seen.length < highest)
    violations.push(`a reader at ${read.invokedAt} saw ${seen.length} events after position ${highest} was acknowledged`);
  return violations;
}
