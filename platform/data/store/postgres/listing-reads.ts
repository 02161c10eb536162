import type {
  DueCursor,
  DueItem,
  KeyRecord,
  Lease,
  ListRows,
  Page,
  Row,
  RowCursor,
  RowPage,
  StoreReads,
  IndexEntry,
  NameKind,
} from "../port.ts";
import { limitOf, NOW, type Queries } from "./queries.ts";
import { prefixEnd } from "./text.ts";

type ListingReads = Omit<
  StoreReads,
  "head" | "outcome" | "readStream" | "streamVersion" | "readLog" | "readDigests" | "readCorrelation" | "now" | "check"
>;

/** Greater than every name: names have at most 255 bytes. */
const BEYOND = "\u{10ffff}".repeat(64);

const ROW = `r.collection, r.key, r.value, r.revision, r.position, r.recorded_at as "recordedAt"`;
const BY_KEY = `from {schema}.rows r where r.collection = $1 and r.key >= $2 and r.key < $3`;
const BY_ENTRY = `from {schema}.entries e
  join {schema}.rows r on r.collection = e.collection and r.key = e.key
  where e.collection = $1 and e.entry >= $2 and e.entry < $3`;
const DUE = "select queue, id, at, payload, revision from {schema}.due";
const NAMES: Readonly<Record<NameKind, string>> = {
  work: "select name from {schema}.streams where is_work and name > $1 order by name limit $2",
  queue: "select distinct queue as name from {schema}.due where queue > $1 order by queue limit $2",
  lease: "select name from {schema}.leases where name > $1 order by name limit $2",
};
const BEFORE_ENTRIES: IndexEntry = { index: "", entry: "", key: "" };
const BEFORE_ALL: DueCursor = { at: Number.MIN_SAFE_INTEGER, id: "" };

/** Reads of keys, rows, due items and leases. Every listing is one range of one index. */
export function listingReads({ all, first }: Queries): ListingReads {
  return {
    getKey: async (key) =>
      (await first<KeyRecord>(`select value from {schema}.keys where key = $1 and expires_at > ${NOW}`, key))?.value,
    listKeys: (prefix, page: Page<string> = {}) =>
      all<KeyRecord>(
        `select key, value from {schema}.keys where key >= $1 and key < $2 and key > $3 and expires_at > ${NOW}
          order by key limit $4`,
        prefix,
        endOf(prefix),
        page.after ?? "",
        limitOf(page.limit),
      ),
    getRow: (collection, key) =>
      first<Row>(`select ${ROW} from {schema}.rows r where collection = $1 and key = $2`, collection, key),
    listRows: (options) => listRows(all, options),
    countRows: async (options, cap) => {
      const { from, parameters } = rangeOf(options);
      const sql = `select count(*) as count from (select ${from} limit $${parameters.length + 1}) counted`;
      return (await first<{ count: number }>(sql, ...parameters, cap))?.count ?? 0;
    },
    listEntries: (collection, { after = BEFORE_ENTRIES, limit } = {}) =>
      all<IndexEntry>(
        `select index, entry, key from {schema}.entries where collection = $1 and (index, entry, key) > ($2, $3, $4)
          order by index, entry, key limit $5`,
        collection,
        after.index,
        after.entry,
        after.key,
        limitOf(limit),
      ),
    listNames: async (of, { after = "", limit } = {}) =>
      (await all<{ name: string }>(NAMES[of], after, limitOf(limit))).map(({ name }) => name),
    getDue: (queue, id) => first<DueItem>(`${DUE} where queue = $1 and id = $2`, queue, id),
    listDue: (queue, until, { after = BEFORE_ALL, limit } = {}) =>
      all<DueItem>(
        `${DUE} where queue = $1 and (at, id) > ($2, $3) and at <= $4 order by at, id limit $5`,
        queue,
        after.at,
        after.id,
        wholeMs(until),
        limitOf(limit),
      ),
    getLease: (name) =>
      first<Lease>(
        `select name, owner, token, expires_at as "expiresAt", expires_at > ${NOW} as "isRunning"
          from {schema}.leases where name = $1`,
        name,
      ),
  };
}

/** A bigint, as the index has it: compared with a float it would not serve. */
function wholeMs(at: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(at)));
}

function endOf(prefix: string): string {
  return prefixEnd(prefix) ?? BEYOND;
}

function rangeOf(options: Omit<ListRows, "limit" | "after">) {
  const prefix = options.prefix ?? "";
  const parameters = [options.collection, prefix, endOf(prefix)];
  return options.index === undefined
    ? { from: BY_KEY, entry: "r.key", key: "r.key", parameters }
    : { from: `${BY_ENTRY} and e.index = $4`, entry: "e.entry", key: "e.key", parameters: [...parameters, options.index] };
}

async function listRows(all: Queries["all"], options: ListRows): Promise<RowPage> {
  const { from, entry, key, parameters } = rangeOf(options);
  const isBackwards = options.direction === "backwards";
  const after = options.after ?? { entry: isBackwards ? BEYOND : "", key: isBackwards ? BEYOND : "" };
  const [comparison, order] = isBackwards ? ["<", "desc"] : [">", "asc"];
  const limit = limitOf(options.limit);
  const n = parameters.length;
  const found = await all<Row & { readonly entry: string }>(
    `select ${ROW}, ${entry} as entry ${from} and (${entry}, ${key}) ${comparison} ($${n + 1}, $${n + 2})
      and ${entry} ${comparison}= $${n + 1} order by ${entry} ${order}, ${key} ${order} limit $${n + 3}`,
    ...parameters,
    after.entry,
    after.key,
    limit + 1,
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const rows = page.map(rowOf);
  const next: RowCursor | undefined = found.length > limit && last ? { entry: last.entry, key: last.key } : undefined;
  return next ? { rows, next } : { rows };
}

function rowOf({ collection, key, value, revision, position, recordedAt }: Row): Row {
  return { collection, key, value, revision, position, recordedAt };
}
