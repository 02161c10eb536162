import { isUtf8 } from "node:buffer";
import { bodyMalformed, bodyTooLarge } from "../errors.ts";

const DEPTH_MAX = 32;
const VALUES_MAX = 50_000;

/**
 * The JSON document in `bytes`. Refuses what readers understand differently (repeated keys, `__proto__`, broken UTF-8
 * or UTF-16, numbers beyond range) and what is too deep or has too many values.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw bodyMalformed("the body is not UTF-8");
  const text = bytes.toString("utf8");
  const value = parsed(text);
  const walk = new Walk(text.includes("\\u"));
  walk.visit(value, 1);
  if (walk.keys !== countKeys(text)) throw bodyMalformed("an object of the body has a key twice");
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bodyMalformed("the body is not JSON"); // the parser's message quotes the body
  }
}

class Walk {
  keys = 0;
  private values = 0;
  private readonly mayBeIllFormed: boolean;

  constructor(mayBeIllFormed: boolean) {
    this.mayBeIllFormed = mayBeIllFormed;
  }

  visit(value: unknown, depth: number): void {
    if (++this.values > VALUES_MAX) throw bodyTooLarge(`the body has more than ${VALUES_MAX} values`);
    if (typeof value === "string") this.checkText(value);
    else if (typeof value === "number") checkNumber(value);
    else if (typeof value === "object" && value !== null) this.visitAll(value, depth);
  }

  private visitAll(value: object, depth: number): void {
    if (depth > DEPTH_MAX) throw bodyTooLarge(`the body is more than ${DEPTH_MAX} levels deep`);
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, depth + 1);
      return;
    }
    const fields = value as Readonly<Record<string, unknown>>; // an object that JSON.parse made
    for (const key of Object.keys(fields)) {
      if (key === "__proto__") throw bodyMalformed("the body has a key __proto__");
      this.keys++;
      this.checkText(key);
      this.visit(fields[key], depth + 1);
    }
  }

  private checkText(text: string): void {
    if (this.mayBeIllFormed && !text.isWellFormed()) throw bodyMalformed("a text of the body has half a surrogate pair");
  }
}

function checkNumber(value: number): void {
  if (!Number.isFinite(value)) throw bodyMalformed("a number of the body is out of range");
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Keys in a valid JSON text: the colons outside its strings. */
function countKeys(text: string): number {
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === COLON) keys++;
    else if (character === QUOTE) i = endOfString(text, i);
  }
  return keys;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
}
