import type { z } from "zod";
import type { HttpPartner } from "../control/behaviour.ts";
import type { Answer } from "../file/answers.ts";
import type { Attempt } from "../file/journal.ts";
import { Refusal } from "../refusal.ts";

export interface Call {
  /** The parts of the path that the route names `:x`, in order. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** The parsed body; undefined when there is none. */
  readonly body: unknown;
}

/** An attempt at an effect under the client's key. */
export interface KeyedCall extends Call {
  readonly attempt: Attempt & { readonly key: string; readonly digest: string };
}

interface Common {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  /** `/card/v1/charges/:id` */
  readonly path: string;
}

/** Runs inside a change, is journaled, and wants an Idempotency-Key. */
export interface KeyedRoute extends Common {
  readonly isKeyed: true;
  /** Name in the journal. */
  readonly operation: string;
  readonly partner: HttpPartner;
  run(call: KeyedCall): Answer;
}

/** Runs inside a change. Control has no partner, and no partner's behaviour touches it. */
export interface PlainRoute extends Common {
  readonly isKeyed?: false;
  readonly partner?: HttpPartner;
  run(call: Call): Answer;
  /** After a successful `run` is committed, before its answer. */
  committed?(): Promise<void>;
}

export type Route = KeyedRoute | PlainRoute;

/** `value` by `schema`; refuses what does not fit, naming the fields. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new Refusal(400, "invalid", faults.join("; "));
}

export function json(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body) };
}

export function errorAnswer(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message } });
}

/** A whole number in the query; `fallback` without one. */
export function wholeNumber(query: URLSearchParams, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new Refusal(400, "invalid", `${name}: a whole number of at most ${max}`);
  return value;
}
