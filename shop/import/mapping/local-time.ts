const FIELDS = { YYYY: "year", MM: "month", M: "month", DD: "day", D: "day", hh: "hour", h: "hour", mm: "minute", m: "minute" };
const SECONDS = { ss: "second", s: "second" };
const TOKENS: Readonly<Record<string, string>> = { ...FIELDS, ...SECONDS };
const TOKEN = /YYYY|MM|M|DD|D|hh|h|mm|m|ss|s/g;

/** Formats with a name, which say the time itself, not a zone's. */
const NAMED: ReadonlyMap<string, (text: string) => number | undefined> = new Map([
  /** ISO 8601 with an offset or Z. */
  ["iso", isoTime],
  ["epoch-seconds", (text) => (/^\d{1,12}$/.test(text) ? Number(text) * 1_000 : undefined)],
  ["epoch-milliseconds", (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)],
]);
export const NAMED_FORMATS: readonly string[] = [...NAMED.keys()];

export function isTimeFormat(format: string): boolean {
  return NAMED.has(format) || timePattern(format) !== undefined;
}

function isoTime(text: string): number | undefined {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/**
 * The regular expression, with a group for each field, of a time format; undefined when a field is missing or there twice.
 * Seconds may be missing, and so may the time of the day.
 */
export function timePattern(format: string): RegExp | undefined {
  const found = [...format.matchAll(TOKEN)].map(([token]) => TOKENS[token] ?? "");
  const has = (field: string) => found.includes(field);
  const isComplete = ["year", "month", "day"].every(has) && has("hour") === has("minute") && (has("minute") || !has("second"));
  if (!isComplete || new Set(found).size !== found.length) return undefined;
  const literals = format.split(TOKEN).map((text) => RegExp.escape(text));
  const groups = [...format.matchAll(TOKEN)].map(([token]) => `(?<${TOKENS[token]}>${digits(token)})`);
  return new RegExp(`^${literals.map((literal, index) => literal + (groups[index] ?? "")).join("")}$`);
}

function digits(token: string): string {
  if (token === "YYYY") return "\\d{4}";
  return token.length === 2 ? "\\d{2}" : "\\d{1,2}";
}

/**
 * Reads local times of a zone as epoch milliseconds; undefined for what is no time of this format. An hour that the clocks
 * pass twice is the first one; one that they leave out is as far after the gap (RFC 5545).
 */
export function localTimes(format: string, timeZone: string): (text: string) => number | undefined {
  const named = NAMED.get(format);
  if (named) return named;
  const pattern = timePattern(format);
  let last: { readonly text: string; readonly epochMs: number | undefined } = { text: "", epochMs: undefined };
  return (text) => {
    // Lines of one order share their time: the last answer is often the next.
    if (text !== last.text) last = { text, epochMs: epochMs(pattern?.exec(text)?.groups, timeZone) };
    return last.epochMs;
  };
}

function epochMs(fields: Readonly<Record<string, string | undefined>> | undefined, timeZone: string): number | undefined {
  if (!fields) return undefined;
  const [year, month, day, hour, minute, second] = ["year", "month", "day", "hour", "minute", "second"].map((name) =>
    Number(fields[name] ?? 0),
  );
  try {
    const local = { year, month, day, hour, minute, second } as Temporal.PlainDateTimeLike; // six numbers, by the line above
    return Temporal.PlainDateTime.from(local, { overflow: "reject" }).toZonedDateTime(timeZone).epochMilliseconds;
  } catch {
    return undefined; // no such day or hour
  }
}
