/** Randomness as a parameter: a source of 32-bit words. */
export interface Random {
  /** The next word, 0 … 2³²−1. */
  word(): number;
}

/** The machine's cryptographic randomness, drawn in blocks. */
export function systemRandom(): Random {
  const block = new Uint32Array(1024);
  let used = block.length;
  return {
    word() {
      if (used === block.length) {
        crypto.getRandomValues(block);
        used = 0;
      }
      return block[used++] as number; // `used` is always inside the block here
    },
  };
}

/** Repeatable randomness from a seed (sfc32; Chris Doty-Humphrey, PractRand). Not for secrets. */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) word();
  return { word };
}

/** A float in [0, 1). */
export function unit(random: Random): number {
  return random.word() / 0x1_0000_0000;
}

/** An integer in [0, below). */
export function below(random: Random, below: number): number {
  return Math.floor(unit(random) * below);
}

/** One of `items`, which must not be empty. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)] as T; // the index is inside a non-empty array
}
