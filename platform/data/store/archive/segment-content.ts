import type { EventMeta, Row, StoredEvent, StoreReads } from "../port.ts";
import { TRANSFER_TABLES, type TransferRecord } from "../transfer-tables.ts";
import { NameFilter } from "./name-filter.ts";
import { nameOf, type Segment } from "./segment.ts";
import type { SegmentPage } from "./segment-place.ts";

/** Facts of a page, which are read and written in one turn. */
const PAGE = 250;

/** What a segment holds: the facts of a range, their units, and the rows of its seals. */
export async function* segmentContent(
  store: Pick<StoreReads, "readLog" | "readDigests">,
  range: Pick<Segment, "from" | "to">,
  seals: readonly Row[],
): AsyncGenerator<SegmentPage> {
  let unit: OpenUnit | undefined;
  for (let after = range.from - 1; after < range.to;) {
    const page = { after, limit: Math.min(PAGE, range.to - after) };
    const { events } = await store.readLog(page);
    const digests = await store.readDigests(page);
    const units: TransferRecord[] = [];
    for (const event of events) {
      if (unit?.id !== unitOf(event)) {
        if (unit) units.push(unitRecord(unit));
        unit = { id: unitOf(event), facts: 0, last: event };
      }
      unit = { ...unit, facts: unit.facts + 1, last: event };
    }
    yield { table: "facts", records: events.map((event, index) => factRecord(event, digests[index] ?? "")) };
    yield { table: "units", records: units };
    await new Promise((resolve) => void setImmediate(resolve));
    if (events.length === 0) break; // who reads the file again finds what is missing
    after += events.length;
  }
  if (unit) yield { table: "units", records: [unitRecord(unit)] };
  yield { table: "rows", records: seals.map(rowRecord) };
}

/** The facts of a unit that are in the range. */
interface OpenUnit {
  readonly id: string;
  readonly facts: number;
  readonly last: StoredEvent;
}

function factRecord(event: StoredEvent, digest: string): TransferRecord {
  const { position, stream, version, type, schemaVersion, recordedAt, meta, data } = event;
  const ordinal = Number(event.id.slice(event.id.lastIndexOf("/") + 1));
  const unit = unitOf(event);
  const fields = { position, stream, version, digest, type, schema_version: schemaVersion, unit, ordinal, meta, data };
  return ordered("facts", { ...fields, recorded_at: recordedAt });
}

function unitRecord({ id, facts, last }: OpenUnit): TransferRecord {
  const fields = { id, facts, position: last.position, recorded_at: last.recordedAt, correlation: correlationOf(last) };
  return ordered("units", fields);
}

function rowRecord({ collection, key, value, revision, position, recordedAt }: Row): TransferRecord {
  return ordered("rows", { collection, key, value, revision, position, recorded_at: recordedAt, entries: "" });
}

function ordered(table: "facts" | "units" | "rows", fields: Readonly<Record<string, string | number>>): TransferRecord {
  return TRANSFER_TABLES[table].fields.map((field) => fields[field] ?? null);
}

function unitOf({ id }: StoredEvent): string {
  return id.slice(0, id.lastIndexOf("/"));
}

function correlationOf({ meta }: StoredEvent): string {
  return (JSON.parse(meta) as EventMeta).correlation; // as the store writes it
}

/** What a segment's record says of its facts, gathered as they are read. */
export class SegmentCensus {
  private readonly names = new Set<string>();
  private first: StoredEvent | undefined;
  private last: StoredEvent | undefined;

  add(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.names.add(nameOf.stream(event.stream)).add(nameOf.correlation(correlationOf(event)));
    }
    this.first ??= events[0];
    this.last = events.at(-1) ?? this.last;
  }

  result(): Pick<Segment, "names" | "firstAt" | "lastAt"> {
    const { names, first, last } = this;
    return { names: NameFilter.of(names), firstAt: first?.recordedAt ?? 0, lastAt: last?.recordedAt ?? 0 };
  }
}
