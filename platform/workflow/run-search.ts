import type { RowCursor, Store } from "@daybook/data/store";
import type { RunState } from "./replay/history.ts";
import { parseInfo, RUNS, type RunInfo } from "./worker/run-info.ts";

export interface RunSearch {
  readonly status?: RunState;
  readonly workflow?: string;
  /** A name and its value. */
  readonly attribute?: readonly [name: string, value: string];
  /** Only runs that a person must look at. */
  readonly needsAttention?: boolean;
  /** Epoch milliseconds; with a status, or a workflow and a status, read by index. */
  readonly startedFrom?: number;
  readonly startedBefore?: number;
  readonly limit?: number;
  readonly after?: RowCursor;
}

export interface RunPage {
  readonly runs: readonly RunInfo[];
  readonly next?: RowCursor;
}

/** Runs by one of: attention, attribute, workflow, status; else by id. Further criteria filter the page. */
export async function searchRuns(store: Store, search: RunSearch): Promise<RunPage> {
  const { limit = 100, after } = search;
  const page = await store.listRows({ collection: RUNS, ...indexOf(search), limit, ...(after && { after }) });
  const runs = page.rows.map((row) => parseInfo(row.value)).filter((info) => fits(info, search));
  return { runs, ...(page.next && { next: page.next }) };
}

function indexOf({ status, workflow, attribute, needsAttention }: RunSearch): {
  readonly index?: string;
  readonly prefix?: string;
} {
  if (needsAttention) return { index: "attention" };
  if (attribute) return { index: "attribute", prefix: `${attribute[0]}=${attribute[1]} ` };
  if (workflow !== undefined) return { index: "name", prefix: `${workflow} ${status === undefined ? "" : `${status} `}` };
  return status === undefined ? {} : { index: "status", prefix: `${status} ` };
}

function fits(info: RunInfo, search: RunSearch): boolean {
  const { status, workflow, attribute, startedFrom = -Infinity, startedBefore = Infinity } = search;
  if (status !== undefined && info.status !== status) return false;
  if (workflow !== undefined && info.workflow !== workflow) return false;
  if (attribute && info.attributes[attribute[0]] !== attribute[1]) return false;
  return info.startedAt >= startedFrom && info.startedAt < startedBefore;
}
