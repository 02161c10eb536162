import { digestHex } from "@daybook/kernel/digest";

const BITS_A_NAME = 10;
const HASHES = 7;

/** What a filter knows a name by. */
export type NameHash = readonly [first: number, second: number];

/** A set of names in ten bits each: it never misses one of them, and takes one in a hundred of the others for one (Bloom, 1970). */
export class NameFilter {
  private readonly bits: Uint8Array;

  /** `text`: in base 64. */
  constructor(text: string) {
    this.bits = Buffer.from(text, "base64");
  }

  get text(): string {
    return Buffer.from(this.bits).toString("base64");
  }

  static of(names: ReadonlySet<string>): NameFilter {
    const bits = new Uint8Array(Math.ceil((names.size * BITS_A_NAME) / 8));
    for (const name of names) {
      for (const place of placesOf(hashOf(name), bits.length * 8))
        bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
    }
    return new NameFilter(Buffer.from(bits).toString("base64"));
  }

  has(name: NameHash): boolean {
    if (this.bits.length === 0) return false;
    return placesOf(name, this.bits.length * 8).every((place) => (((this.bits[place >> 3] ?? 0) >> (place & 7)) & 1) === 1);
  }
}

export function hashOf(name: string): NameHash {
  const digest = digestHex(name);
  return [Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16)];
}

/** Seven places of two halves of a hash (Kirsch and Mitzenmacher, 2006). */
function placesOf([first, second]: NameHash, count: number): readonly number[] {
  return Array.from({ length: HASHES }, (_, n) => (first + n * second) % count);
}
