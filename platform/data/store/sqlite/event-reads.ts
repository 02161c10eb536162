import type { StoredEvent } from "../port.ts";
import type { StreamKind } from "../unit.ts";

const COMMON = ["stream", "version", "type", "schema_version", "unit", "ordinal", "recorded_at", "meta", "data"];

/** The columns that `eventReader` takes, in its order. */
export const EVENT_COLUMNS: Readonly<Record<StreamKind, string>> = {
  fact: [...COMMON, "f.position", "digest"].join(", "),
  work: COMMON.join(", "),
};

const NO_DIGEST = new Uint8Array(0);

/** Makes a stored event of a row in array form. */
export function eventReader(as: StreamKind): (row: unknown) => StoredEvent {
  return as === "fact" ? factOf : workOf;
}

type EventRow = readonly [string, number, string, number, string, number, number, string, string, number, Uint8Array];

function factOf(row: unknown): StoredEvent {
  const columns = row as EventRow; // EVENT_COLUMNS over STRICT tables
  return {
    id: `${columns[4]}/${columns[5]}`,
    position: columns[9],
    stream: columns[0],
    version: columns[1],
    type: columns[2],
    schemaVersion: columns[3],
    data: columns[8],
    meta: columns[7],
    recordedAt: columns[6],
    digest: columns[10],
  };
}

function workOf(row: unknown): StoredEvent {
  const columns = row as EventRow; // likewise, without the last two
  return {
    id: `${columns[4]}/${columns[5]}`,
    position: 0,
    stream: columns[0],
    version: columns[1],
    type: columns[2],
    schemaVersion: columns[3],
    data: columns[8],
    meta: columns[7],
    recordedAt: columns[6],
    digest: NO_DIGEST,
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
