import { hash } from "node:crypto";
import { Refusal } from "../refusal.ts";
import type { GatheredFile } from "./gathered-file.ts";
import type { Attempt, Journal, Result } from "./journal.ts";

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** What an operation did under its key. */
export interface Effect extends Result {
  readonly status: number;
  readonly body: object;
  /** Number of the charge, refund or parcel; 0 for none. */
  readonly n: number;
}

/** The first answer under each key of a partner. */
export interface Answers {
  /** Runs `effect` and keeps its answer; the same key and digest gets it again, byte for byte; another digest is refused. */
  once(attempt: KeyedAttempt, effect: () => Effect): Answer;
  /** The number of what was made under `key` by `operation`'s first answer. */
  subjectOf(partner: string, key: string): number | undefined;
}

export interface KeyedAttempt extends Attempt {
  readonly key: string;
  readonly digest: string;
}

export function answers(file: GatheredFile, journal: Journal): Answers {
  const select = file.prepare("SELECT digest, status, body, subject FROM answers WHERE partner = ? AND key = ?");
  const insert = file.prepare("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)");
  return {
    once(attempt, run) {
      const { partner, key, digest } = attempt;
      const known = select.get(partner, key);
      if (known) {
        if (known["digest"] !== digest)
          throw new Refusal(422, "key-reused", "this Idempotency-Key was used with another request");
        const answer = { status: Number(known["status"]), body: String(known["body"]) };
        journal.record(attempt, { outcome: "replayed", isEffect: false, status: answer.status });
        return answer;
      }
      const { body, n, ...result } = run();
      const text = JSON.stringify(body);
      insert.run(partner, key, digest, result.status, text, n);
      journal.record(attempt, result);
      return { status: result.status, body: text };
    },
    subjectOf(partner, key) {
      const n = select.get(partner, key)?.["subject"];
      return n === undefined ? undefined : Number(n);
    },
  };
}

/** Digest of a request; equal for JSON bodies that differ only in white space and order of fields. */
export function requestDigest(operation: string, path: string, body: unknown): string {
  return hash("sha256", `${operation}\n${path}\n${canonical(body)}`, "base64url");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(",")}}`;
}
