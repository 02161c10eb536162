import { assert } from "@daybook/kernel/errors";
import type { Head, LogPage, ReadLog, ReadStream, StoredEvent, StoreReads } from "../port.ts";
import type { Committed, StreamKind } from "../unit.ts";
import { NOTHING_LOST, TIMELINE } from "./join.ts";
import { repetition } from "./verdicts.ts";
import { limitOf, type Queries } from "./queries.ts";
import { joined, separatorFor } from "./text.ts";

type EventReads = Pick<
  StoreReads,
  "head" | "outcome" | "readStream" | "streamVersion" | "readLog" | "readDigests" | "readCorrelation"
>;

/** Positions that one filtered page looks at, at most. */
const WINDOW = 20_000;

const COMMON = `e.unit || '/' || e.ordinal as id, e.version, e.type, e.schema_version as "schemaVersion",
  e.data, e.meta, e.recorded_at as "recordedAt"`;
const FACT_OF_STREAM = `${COMMON}, e.position`;
const WORK_OF_STREAM = `${COMMON}, 0::bigint as position`;
const FACT = `${FACT_OF_STREAM}, e.stream`;
const WORK = `${WORK_OF_STREAM}, e.stream`;

/** `isCurrent`: the epoch is of the timeline that the server writes now; of a standby it is not asked. */
const HEAD = `select l.epoch, b.position, b.fact_recorded_at as "recordedAt",
    case when pg_is_in_recovery() then true else l.timeline = ${TIMELINE} end as "isCurrent"
  from {schema}.log l, (select * from {schema}.batches order by number desc limit 1) b`;

const UNIT = `select position, recorded_at as "recordedAt" from {schema}.units where id = $1`;

interface CurrentHead extends Head {
  readonly isCurrent: boolean;
}

const OF_STREAM = {
  fact: `select ${FACT_OF_STREAM} from {schema}.facts e`,
  work: `select ${WORK_OF_STREAM} from {schema}.work e`,
} as const;

const VERSION = {
  fact: versionText("facts"),
  work: versionText("work"),
} as const;

function versionText(table: string): string {
  return `select version from {schema}.${table}
    where stream_id = (select id from {schema}.streams where name = $1 and is_work = $2) order by version desc limit 1`;
}

const LOG = `select ${FACT} from {schema}.facts e where e.position > $1 order by e.position limit $2`;

const DIGESTS = `select encode(digest, 'hex') as digest from {schema}.facts where position > $1 order by position limit $2`;

const FILTERED_LOG = `with h as materialized (
    select least(position, $1::bigint + ${WINDOW}) as until from {schema}.batches order by number desc limit 1
  )
  select h.until, found.* from h left join lateral (
    select ${FACT} from {schema}.facts e
    where e.position > $1::bigint and e.position <= h.until
      and ($3::text is null or split_part(e.stream, '-', 1) = any (string_to_array($3, $5)))
      and ($4::text is null or e.type = any (string_to_array($4, $5)))
    order by e.position limit $2
  ) found on true order by found.position`;

const CORRELATION = `select id, stream, version, type, "schemaVersion", data, meta, "recordedAt", position from (
    select 1 as part, ${FACT} from {schema}.units u
      join {schema}.facts e on e.position > u.position - u.facts and e.position <= u.position
      where u.correlation = $1 and u.facts > 0
    union all
    select 2 as part, ${WORK} from {schema}.work e where e.correlation = $1
  ) found order by part, position, stream collate "C", version limit $2 offset $3`;

/** Joins the log above the fence `lost` (join.ts). */
export type Join = (lost: number | null) => Promise<unknown>;

/** Reads of facts and work. */
export function eventReads({ all, first }: Queries, join: Join): EventReads {
  const committed = (unitId: string) => first<Pick<Committed, "position" | "recordedAt">>(UNIT, unitId);
  return {
    head: async () => {
      let found = await first<CurrentHead>(HEAD);
      if (found?.isCurrent === false) found = await join(NOTHING_LOST).then(() => first<CurrentHead>(HEAD));
      assert(found, "a log has a head");
      const { epoch, position, recordedAt } = found;
      return { epoch, position, recordedAt };
    },
    outcome: async (unitId) => {
      // What a process that is gone has sent is done by the time that the log is joined above it, or is never done.
      const found = (await committed(unitId)) ?? (await join(null).then(() => committed(unitId)));
      return found && repetition(found);
    },
    readStream: async (stream, options = {}) => {
      const found = await all<Omit<StoredEvent, "stream">>(...streamQuery(stream, options));
      return found.map((event) => eventOf(event, stream)); // each row would bring the name again
    },
    streamVersion: async (stream, as: StreamKind = "fact") =>
      (await first<{ version: number }>(VERSION[as], stream, as === "work"))?.version ?? 0,
    readLog: (options) => (options.categories || options.types ? filteredLog(all, options) : wholeLog(all, options)),
    readDigests: async ({ after = 0, limit }) =>
      (await all<{ digest: string }>(DIGESTS, after, limitOf(limit))).map(({ digest }) => digest),
    readCorrelation: (correlation, page) => all(CORRELATION, correlation, limitOf(page?.limit), page?.after ?? 0),
  };
}

function streamQuery(stream: string, options: ReadStream) {
  const kind = options.as ?? "fact";
  const isBackwards = options.direction === "backwards";
  const range = isBackwards ? "e.version <= $3 order by e.version desc" : "e.version >= $3 order by e.version";
  const ofStream = "e.stream_id = (select id from {schema}.streams where name = $1 and is_work = $2)";
  const from = options.from ?? (isBackwards ? Number.MAX_SAFE_INTEGER : 1);
  return [
    `${OF_STREAM[kind]} where ${ofStream} and ${range} limit $4`,
    stream,
    kind === "work",
    from,
    limitOf(options.limit),
  ] as const;
}

async function wholeLog(all: Queries["all"], { after, limit }: ReadLog): Promise<LogPage> {
  const events = await all<StoredEvent>(LOG, after, limitOf(limit));
  return { events, scannedTo: events.at(-1)?.position ?? after };
}

async function filteredLog(all: Queries["all"], options: ReadLog): Promise<LogPage> {
  const { after, categories, types } = options;
  const limit = limitOf(options.limit);
  const separator = separatorFor([categories ?? [], types ?? []]);
  const list = (texts: readonly string[] | undefined) => (texts === undefined ? null : joined(texts, separator));
  type Found = StoredEvent & { readonly until: number };
  const found = await all<Found>(FILTERED_LOG, after, limit, list(categories), list(types), separator);
  const until = found[0]?.until ?? after;
  const events = found.filter((event) => event.position !== null).map((event) => eventOf(event, event.stream));
  const isFull = events.length === limit;
  return { events, scannedTo: Math.max(after, isFull ? (events.at(-1)?.position ?? after) : until) };
}

function eventOf(found: Omit<StoredEvent, "stream">, stream: string): StoredEvent {
  const { id, position, version, type, schemaVersion, data, meta, recordedAt } = found;
  return { id, position, stream, version, type, schemaVersion, data, meta, recordedAt };
}
