import { canonical } from "@daybook/kernel/canonical";
import { digestHex } from "@daybook/kernel/digest";
import type { z } from "zod";
import { cursorInvalid } from "./errors.ts";
import { jsonAnswer, type HttpAnswer } from "./route.ts";

/** An opaque cursor: `value` (plain data) in canonical form, with a check sum against damage; it keeps no secret. */
export function pageCursor(value: unknown): string {
  const text = canonical(value);
  return Buffer.from(checkSum(text) + text).toString("base64url");
}

/** What `pageCursor` was given; `cursor-invalid` for anything that it did not make, or not for this `schema`. */
export function readCursor<Value>(cursor: string, schema: z.ZodType<Value>): Value {
  const whole = Buffer.from(cursor, "base64url").toString("utf8");
  const text = whole.slice(CHECK_DIGITS);
  const isOurs = checkSum(text) + text === whole && Buffer.from(whole).toString("base64url") === cursor;
  const parsed = isOurs ? schema.safeParse(json(text)) : undefined;
  if (!parsed?.success) throw cursorInvalid("the cursor is not one of this list");
  return parsed.data;
}

/** A page of a list: `next` (plain data, undefined for the last page) becomes the cursor in body and `Link`. */
export function pageAnswer(target: string, body: Readonly<Record<string, unknown>>, next: unknown): HttpAnswer {
  if (next === undefined) return jsonAnswer(200, body);
  const cursor = pageCursor(next);
  return jsonAnswer(200, { ...body, next: cursor }, { link: nextLink(target, cursor) });
}

/** The value of `Link` for the next page: the same question (path and query in `target`) with the new cursor. */
export function nextLink(target: string, cursor: string): string {
  const [path = "", query = ""] = target.split("?", 2);
  const parameters = query.split("&").filter((pair) => pair !== "" && !pair.startsWith("cursor="));
  return `<${path}?${[...parameters, `cursor=${cursor}`].join("&")}>; rel="next"`;
}

const CHECK_DIGITS = 8;

function checkSum(text: string): string {
  return digestHex(text).slice(0, CHECK_DIGITS);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
