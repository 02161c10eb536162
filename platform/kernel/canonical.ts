import { assert } from "./errors.ts";

/** Plain data: what JSON can hold without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The canonical text of plain data (RFC 8785 for the values that we store): keys in code-unit order, no white space,
 * no line break outside strings' escapes, undefined members left out. Equal data, equal bytes.
 * Throws on NaN, infinities, bigints, functions and other values that JSON would change.
 */
export function canonical(value: unknown): string {
  return isCanonical(value) ? JSON.stringify(value) : textOf(value);
}

/** Whether the value is plain data with its members in order already: then the engine's own writer gives the same text, faster. */
function isCanonical(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isScalar(value);
  if (Array.isArray(value)) return isCanonicalList(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const fields = value as Readonly<Record<string, unknown>>; // a plain object, as just seen
  let before = "";
  for (const key in fields) {
    if (key < before) return false;
    before = key;
    const field = fields[key];
    if (field !== undefined && !isCanonical(field)) return false;
  }
  return true;
}

function isCanonicalList(list: readonly unknown[]): boolean {
  for (let at = 0; at < list.length; at++) if (!isCanonical(list[at])) return false; // holes included
  return true;
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || value === null || Number.isFinite(value);
}

function textOf(value: unknown): string {
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
  if (Array.isArray(value)) return `[${Array.from(value, (item: unknown) => textOf(item ?? null)).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  assert(prototype === Object.prototype || prototype === null, "a stored object is a plain object");
  const fields = value as Readonly<Record<string, unknown>>; // a plain object, as just asserted
  let text = "";
  for (const key of Object.keys(fields).sort()) {
    if (fields[key] === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${textOf(fields[key])}`;
  }
  return `{${text}}`;
}
