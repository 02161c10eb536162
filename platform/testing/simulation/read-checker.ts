import { isDeepStrictEqual } from "node:util";
import type { Head, LogPage, ReadLog, ReadStream, Row, StoredEvent } from "@daybook/data/store";
import type { RecordedRead } from "./recorded-store.ts";
import { StoreModel, type ModelEvent, type Since } from "./store-model.ts";
import type { Findings } from "./violation.ts";

/**
 * Every read is of a state that was durable when it was answered and not older than what had been acknowledged when it was
 * asked: between journal entries `least` and `most`.
 */
export function checkReads(model: StoreModel, reads: readonly RecordedRead[], findings: Findings): void {
  for (const read of reads) {
    const wrong = wrongRead(model, read);
    findings.expect("reads", wrong === undefined, () => `${read.process}: ${read.name}(${JSON.stringify(read.input)}): ${wrong}`);
  }
}

function wrongRead(model: StoreModel, read: RecordedRead): string | undefined {
  switch (read.name) {
    case "head":
      return wrongHead(model, read);
    case "readStream":
      return wrongStream(model, read);
    case "readLog":
      return wrongPage(model, read);
    case "getRow":
      return wrongRow(model, read);
    case "getKey":
      return among(model.keys.get(String(read.input[0])), read, read.answer);
    default: // what else is read is not checked here
      return undefined;
  }
}

function wrongHead(model: StoreModel, { answer, least, most }: RecordedRead): string | undefined {
  const { position } = answer as Head; // recorded under this name
  if (position < (model.heads[least] ?? 0)) return `position ${position}, but ${model.heads[least]} had been acknowledged`;
  return position > (model.heads[most] ?? 0) ? `position ${position} is not durable` : undefined;
}

function wrongRow(model: StoreModel, read: RecordedRead): string | undefined {
  const row = read.answer as Row | undefined; // recorded under this name
  const shown = row && { value: row.value, revision: row.revision, position: row.position, recordedAt: row.recordedAt };
  return among(model.rows.get(read.input.join("\n")), read, shown);
}

/** Whether the answer is one of the values between `least` and `most`. */
function among<T>(history: readonly Since<T>[] | undefined, { least, most }: RecordedRead, answer: unknown): string | undefined {
  if (isDeepStrictEqual(StoreModel.valueAt(history, least), answer)) return undefined;
  const isOne = history?.some(({ entry, value }) => entry > least && entry <= most && isDeepStrictEqual(value, answer));
  return isOne ? undefined : `${JSON.stringify(answer)} was not there between entries ${least} and ${most}`;
}

function wrongStream(model: StoreModel, read: RecordedRead): string | undefined {
  const events = read.answer as readonly StoredEvent[]; // recorded under this name
  const [stream, options = {}] = read.input as [string, ReadStream | undefined]; // likewise
  const { as = "fact", from = 1, direction, limit = 1_000 } = options;
  if (direction === "backwards") return undefined;
  const all = model.streams.get(`${as} ${stream}`) ?? [];
  const wrong = events.find((event, index) => all[from - 1 + index]?.id !== event.id);
  if (wrong) return `${wrong.id} is not the event of version ${wrong.version}`;
  const durable = countUpTo(all, read.most);
  const seen = from - 1 + events.length;
  if (events.length > 0 && seen > durable) return `version ${seen} is not durable, only ${durable}`;
  const owed = Math.min(from - 1 + limit, countUpTo(all, read.least));
  return seen < owed ? `up to version ${seen}, but ${owed} had been acknowledged` : undefined;
}

function wrongPage(model: StoreModel, read: RecordedRead): string | undefined {
  const { events, scannedTo } = read.answer as LogPage; // recorded under this name
  const [{ after, limit = 1_000, categories, types }] = read.input as [ReadLog]; // likewise
  const isAsked = ({ stream, type }: ModelEvent) =>
    (!categories || categories.includes(stream.slice(0, stream.indexOf("-")))) && (!types || types.includes(type));
  const expected = model.log.slice(after, scannedTo).filter(isAsked);
  if (
    !isDeepStrictEqual(
      events.map(({ id }) => id),
      expected.map(({ id }) => id),
    )
  ) {
    return `up to ${scannedTo}, ${events.length} events that are not the ${expected.length} of the log`;
  }
  if (scannedTo > Math.max(after, model.heads[read.most] ?? 0)) return `position ${scannedTo} is not durable`;
  const isShort = events.length < limit && scannedTo < (model.heads[read.least] ?? 0);
  return isShort ? `only up to ${scannedTo}, but ${model.heads[read.least]} had been acknowledged` : undefined;
}

function countUpTo(events: readonly ModelEvent[], entry: number): number {
  return events.findLastIndex((event) => event.entry <= entry) + 1;
}
