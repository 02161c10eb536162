import type { StatementSync } from "node:sqlite";
import { timeText, type Clock } from "../clock.ts";
import type { GatheredFile } from "./gathered-file.ts";

export const JOURNAL_PARTNERS = ["card", "carrier", "mail", "hook"] as const;
export type JournalPartner = (typeof JOURNAL_PARTNERS)[number];

/**
 * What came of an attempt. `done`: it took effect. `declined`: the partner said no and remembers it. `replayed`: the first
 * answer again. `refused`: 4xx. `unavailable`: 5xx or no answer, before any effect. `changed`: the partner's own doing.
 * `delivered`, `failed`, `dropped`: of web hooks.
 */
export type Outcome =
  | "done"
  | "declined"
  | "replayed"
  | "refused"
  | "unavailable"
  | "changed"
  | "delivered"
  | "failed"
  | "dropped";

export interface Attempt {
  readonly partner: JournalPartner;
  readonly operation: string;
  readonly key: string | undefined;
  /** Of operation, path and body. */
  readonly digest: string | undefined;
  /** The answer is not going to be sent. */
  readonly isLost: boolean;
}

export interface Result {
  readonly outcome: Outcome;
  /** Whether this attempt changed something that must change once. */
  readonly isEffect: boolean;
  readonly status?: number | undefined;
  readonly subject?: string | undefined;
  readonly reference?: string | undefined;
  readonly amountMinor?: number | undefined;
  readonly currency?: string | undefined;
}

/** Every attempt, in order. */
export interface Journal {
  record(attempt: Attempt, result: Result): void;
  page(options: { readonly partner?: string | undefined; readonly after: number; readonly limit: number }): readonly object[];
}

export function journal(file: GatheredFile, clock: Clock): Journal {
  const insert = file.prepare("INSERT INTO journal VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const all = file.prepare("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
  const some = file.prepare("SELECT * FROM journal WHERE seq > ? AND partner = ? ORDER BY seq LIMIT ?");
  return {
    record({ partner, operation, key, digest, isLost }, { outcome, isEffect, ...rest }) {
      const { status, subject, reference, amountMinor, currency } = rest;
      const about = [status ?? null, subject ?? null, reference ?? null, amountMinor ?? null, currency ?? null];
      const flags = [Number(isEffect), Number(isLost)];
      insert.run(clock.now(), partner, operation, key ?? null, digest ?? null, outcome, ...flags, ...about);
    },
    page({ partner, after, limit }) {
      const rows = partner === undefined ? all.all(after, limit) : some.all(after, partner, limit);
      return rows.map(entryOf);
    },
  };
}

function entryOf(row: NonNullable<ReturnType<StatementSync["get"]>>): object {
  const { at, effect, lost, amount, ...rest } = row;
  return { ...rest, at: timeText(Number(at)), effect: effect === 1, lost: lost === 1, amountMinor: amount };
}
