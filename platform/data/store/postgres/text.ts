/** Lists as PostgreSQL reads them cheaply. */

/** The text form of an array of numbers or booleans. */
export function literal(values: readonly (number | boolean)[]): string {
  return `{${values.join(",")}}`;
}

/** The same with `undefined` as null; null when there is nothing else. */
export function nullable(values: readonly (number | undefined)[]): string | null {
  return values.every((value) => value === undefined) ? null : `{${values.map((value) => value ?? "null").join(",")}}`;
}

const SINGLE = ["\u001f", "\u001e", "\u001d", "\u001c", "\u0001"];

/**
 * A separator that occurs in none of the texts. It is a control character where possible; else one that begins and ends
 * with different characters, so that no text's end can run into it.
 */
export function separatorFor(lists: readonly (readonly string[])[]): string {
  const isFree = (separator: string) => !lists.some((texts) => texts.some((text) => text.includes(separator)));
  const single = SINGLE.find(isFree);
  if (single !== undefined) return single;
  for (let n = 0; ; n++) if (isFree(`\u001f${n}\u001e`)) return `\u001f${n}\u001e`;
}

/** Empty for an empty list; a lone empty text gets a neighbour, because PostgreSQL reads an empty text as no texts. */
export function joined(texts: readonly string[], separator: string): string {
  return texts.length === 1 && texts[0] === "" ? separator : texts.join(separator);
}

/**
 * The least text that is greater than every text with this prefix, in the order of code points; undefined when there is
 * none.
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1; // between them are surrogates, which are no characters
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}
