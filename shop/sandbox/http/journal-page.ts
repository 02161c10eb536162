import { Refusal } from "../refusal.ts";
import { keyField } from "./fields.ts";
import { wholeNumber } from "./route.ts";

/** Which entries of a partner's journal a client asks for: those under its keys, or what changed in a time, in pages. */
export type JournalQuery =
  | { readonly keys: readonly string[] }
  /** After this change and number, before `to`; epoch milliseconds. */
  | { readonly changedAt: number; readonly n: number; readonly to: number; readonly limit: number };

const KEYS_MAX = 100;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
const CURSOR = /^(\d{1,15})\.(\d{1,15})$/;

/** What has not happened yet is in no page: a time that is not over ends `now`. */
export function journalQuery(query: URLSearchParams, now: number): JournalQuery {
  const keys = query.getAll("key");
  if (keys.length > KEYS_MAX || !keys.every((key) => keyField.safeParse(key).success)) {
    throw new Refusal(400, "invalid", `key: at most ${KEYS_MAX}, each of 1 to 255 visible ASCII characters`);
  }
  if (keys.length > 0) return { keys };
  const [from, to] = [time(query, "from"), time(query, "to")];
  const after = query.get("after");
  const [, changedAt, n] = CURSOR.exec(after ?? "0.0") ?? [];
  if (changedAt === undefined || n === undefined) throw new Refusal(400, "invalid", "after: `next` of the page before");
  const start = after === null ? { changedAt: from, n: 0 } : { changedAt: Number(changedAt), n: Number(n) };
  return { ...start, to: Math.min(to, now), limit: wholeNumber(query, "limit", 100, 1000) };
}

/** `after` of the next page; null when this one was the last. */
export function nextOf(rows: readonly { readonly changedAt: number; readonly n: number }[], query: JournalQuery): string | null {
  const last = rows.at(-1);
  return last && "limit" in query && rows.length === query.limit ? `${last.changedAt}.${last.n}` : null;
}

function time(query: URLSearchParams, name: string): number {
  const ms = Date.parse(query.get(name)?.match(TIME)?.[0] ?? "");
  if (Number.isNaN(ms)) throw new Refusal(400, "invalid", `${name}: a time as 2026-11-21T00:00:00Z, or key`);
  return ms;
}
