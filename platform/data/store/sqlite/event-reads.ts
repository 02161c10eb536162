import type { StoredEvent } from "../port.ts";
import type { StreamKind } from "../unit.ts";

const COMMON = "unit || '/' || ordinal, version, type, schema_version, recorded_at, meta, data";

/** The columns that `eventOf` takes, in its order; where the stream is known it need not be asked for. */
export const EVENT_COLUMNS: Readonly<Record<StreamKind, string>> = {
  fact: `${COMMON}, f.position`,
  work: `${COMMON}, 0`,
};

type EventRow = readonly [
  id: string,
  version: number,
  type: string,
  schemaVersion: number,
  recordedAt: number,
  meta: string,
  data: string,
  position: number,
  stream: string,
];

/** Makes a stored event of a row in array form; the row's last column is the stream unless that is given. */
export function eventOf(found: unknown, stream?: string): StoredEvent {
  const row = found as EventRow; // EVENT_COLUMNS over STRICT tables
  return {
    id: row[0],
    position: row[7],
    stream: stream ?? row[8],
    version: row[1],
    type: row[2],
    schemaVersion: row[3],
    data: row[6],
    meta: row[5],
    recordedAt: row[4],
  };
}

export interface LogFilter {
  /** Further conditions, with a place for each parameter. */
  readonly where: string;
  readonly parameters: readonly string[];
}

/** The condition for streams of `categories` and events of `types`. A category is a range of names: "-" sorts before ".". */
export function logFilter(categories: readonly string[] | undefined, types: readonly string[] | undefined): LogFilter {
  let where = "";
  const parameters: string[] = [];
  if (categories) {
    where += ` AND (${categories.map(() => "(stream >= ? AND stream < ?)").join(" OR ")})`;
    for (const category of categories) parameters.push(`${category}-`, `${category}.`);
  }
  if (types) {
    where += ` AND type IN (${types.map(() => "?").join(", ")})`;
    parameters.push(...types);
  }
  return { where, parameters };
}
