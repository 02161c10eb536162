import { pathAmbiguous, requestMalformed, targetTooLong } from "../errors.ts";

const TARGET_CHARACTERS_MAX = 8_192;
const PARAMETERS_MAX = 100;

/** What needs no closer look: no escapes, no segment that starts with a dot, no empty segment but the last. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~:@!$&'()*+,=-]*)*\/?$/;
const VISIBLE = /^\/[\x21-\x7e]*$/;
const UNSAFE = /[/\\\x00-\x1f\x7f]|%(?:2e|2f|5c|00)/i;

/** Refuses request targets that two readers could understand differently: they are never repaired. */
export function checkTarget(target: string): void {
  if (target.length > TARGET_CHARACTERS_MAX) {
    throw targetTooLong(`path and query are longer than ${TARGET_CHARACTERS_MAX} characters`);
  }
  const end = target.indexOf("?");
  const path = end < 0 ? target : target.slice(0, end);
  if (end < 0 && PLAIN_PATH.test(path)) return;
  if (!VISIBLE.test(target)) throw requestMalformed("the request target is not a path of visible ASCII characters");
  if (target.includes("#")) throw requestMalformed("a request target has no fragment");
  if (PLAIN_PATH.test(path)) return;
  const segments = path.slice(1).split("/");
  for (const [index, segment] of segments.entries()) checkSegment(segment, index === segments.length - 1);
}

function checkSegment(segment: string, isLast: boolean): void {
  if (segment === "") {
    if (isLast) return;
    throw pathAmbiguous("the path has an empty segment");
  }
  const decoded = decoding(segment);
  if (decoded === undefined) throw pathAmbiguous("the path has an escape that is not UTF-8");
  if (decoded === "." || decoded === "..") throw pathAmbiguous("the path has a dot segment");
  if (UNSAFE.test(decoded)) throw pathAmbiguous("the path has an encoded slash, dot or control character");
}

/** The parameters of the target's query. One that is given twice is refused: readers differ in which one counts. */
export function queryOf(target: string): Record<string, string> {
  const start = target.indexOf("?");
  if (start < 0 || start === target.length - 1) return {};
  const pairs = target.slice(start + 1).split("&");
  if (pairs.length > PARAMETERS_MAX) throw requestMalformed(`the query has more than ${PARAMETERS_MAX} parameters`);
  const values: Record<string, string> = Object.create(null) as Record<string, string>; // no inherited names
  for (const pair of pairs) {
    if (pair === "") continue;
    const middle = pair.indexOf("=");
    const name = queryText(middle < 0 ? pair : pair.slice(0, middle));
    if (name in values) throw requestMalformed("a query parameter is given twice");
    values[name] = middle < 0 ? "" : queryText(pair.slice(middle + 1));
  }
  return { ...values };
}

function queryText(text: string): string {
  const decoded = decoding(text.replaceAll("+", " "));
  if (decoded === undefined) throw requestMalformed("the query has an escape that is not UTF-8");
  if (decoded.includes("\0")) throw requestMalformed("the query has a NUL character");
  return decoded;
}

function decoding(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
