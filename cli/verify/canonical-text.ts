/**
 * The canonical text of parsed JSON, by RFC 8785: members in code-unit order, no white space, numbers and strings as
 * ECMAScript writes them. Written anew for verification: it shares nothing with what wrote the records.
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(",")}}`;
}

/** The value of JSON text, or undefined when it is none, or nested too deeply to be one of ours. */
export function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Whether `text` is the canonical text of `value`, which was parsed from it. */
export function isCanonical(text: string, value: unknown): boolean {
  try {
    return value !== undefined && canonicalText(value) === text;
  } catch {
    return false; // nested more deeply than anything that Daybook writes
  }
}

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of a JSON object; undefined when `value` is none, or has no such member. */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
