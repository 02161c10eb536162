import { assert } from "./errors.ts";

/** Plain data: what JSON can hold without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The canonical text of plain data (RFC 8785 for the values that we store): keys in code-unit order, no white space,
 * no line break outside strings' escapes, undefined members left out. Equal data, equal bytes.
 * Throws on NaN, infinities, bigints, functions and other values that JSON would change.
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      assert(Number.isFinite(value), "stored numbers are finite");
      return String(Object.is(value, -0) ? 0 : value);
    case "object":
      return value === null ? "null" : composite(value);
    default:
      throw new Error(`assertion failed: a stored value is plain data, not ${typeof value}`);
  }
}

function composite(value: object): string {
  if (Array.isArray(value)) return `[${Array.from(value, (item: unknown) => canonical(item ?? null)).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  assert(prototype === Object.prototype || prototype === null, "a stored object is a plain object");
  const fields = value as Readonly<Record<string, unknown>>; // a plain object, as just asserted
  let text = "";
  for (const key of Object.keys(fields).sort()) {
    if (fields[key] === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonical(fields[key])}`;
  }
  return `{${text}}`;
}
