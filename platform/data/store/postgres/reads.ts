import type { StoreReads } from "../port.ts";
import { checkStore } from "./check.ts";
import { eventReads, type Join } from "./event-reads.ts";
import { listingReads } from "./listing-reads.ts";
import { NOW, type Queries } from "./queries.ts";

/** Each read is one statement, so it sees one moment of the store. `join`: see `joinLog`. */
export function postgresReads(queries: Queries, join: Join): StoreReads {
  return {
    ...eventReads(queries, join),
    ...listingReads(queries),
    now: async () => (await queries.first<{ now: number }>(`select ${NOW}::bigint as now`))?.now ?? 0,
    check: () => checkStore(queries),
  };
}
