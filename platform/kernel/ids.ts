import { z } from "zod";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/**
 * Makes ids: `prefix_` and 26 characters of Crockford base 32 that hold a UUIDv7-like value (48 bits of milliseconds,
 * 32 of a counter, 48 of randomness). Ids of one source rise strictly, also when the clock steps back. They sort for
 * locality; nobody derives order from them.
 */
export type IdSource = (prefix: string) => string;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const PATTERN = /^[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export function idSource(clock: Clock, random: Random): IdSource {
  let lastMs = -1;
  let counter = 0;
  return (prefix) => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = random.word() >>> 8; // leaves room for 2³² − 2²⁴ ids in one millisecond
    } else {
      counter++;
    }
    return `${prefix}_${base32(lastMs, counter, random.word(), random.word() & 0xffff)}`;
  };
}

/**
 * An id that others chose: 1 to 100 ASCII letters, digits, `_`, `.` and `-`. It can be part of a stream's name, of an
 * entry in a list (which ends ids with a space) and of a sealed block (which ends them with a colon), and is never another
 * one's beginning there.
 */
export const givenId = z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, "1 to 100 letters, digits, _, . and -");

/** 128 bits (48 + 32 + 32 + 16) as 26 characters; the first holds only three bits. */
function base32(ms: number, counter: number, word: number, half: number): string {
  return (
    fives(Math.floor(ms / 2 ** 13), 7) + // 35 of the 48 bits
    fives((ms % 2 ** 13) * 2 ** 32 + counter, 9) + // 13 + 32 bits
    fives(word * 2 ** 16 + half, 10) // 48 bits in 50
  );
}

function fives(value: number, characters: number): string {
  let text = "";
  for (let rest = value; characters > 0; characters--) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Whether `text` is an id of this form, and, when given, of this prefix. */
export function isId(text: string, prefix?: string): boolean {
  return PATTERN.test(text) && (prefix === undefined || text.startsWith(`${prefix}_`));
}
