import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { below, pick, seededRandom, systemRandom, unit } from "./random.ts";

const words = (seed: number, count = 20) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.word());
};

test("one seed always gives the same words, another one others", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      assert.deepEqual(words(a), words(a));
      assert.equal(words(a).join() === words(b).join(), a === b);
    }),
  );
});

test("the words of a seed are the same on every machine and in every version", () => {
  assert.deepEqual(words(2026, 4), GOLDEN);
});

const GOLDEN: readonly number[] = [2674361848, 1497872819, 2944102448, 1624280410];

test("words are whole numbers of 32 bits", () => {
  for (const random of [seededRandom(7), systemRandom()]) {
    for (let n = 0; n < 3_000; n++) {
      const word = random.word();
      assert.ok(Number.isInteger(word) && word >= 0 && word < 2 ** 32);
    }
  }
});

test("floats lie in [0, 1), integers in [0, below)", () => {
  for (const word of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
    const random = { word: () => word };
    assert.ok(unit(random) >= 0 && unit(random) < 1);
    assert.ok(below(random, 3) >= 0 && below(random, 3) < 3);
    assert.equal(below(random, 1), 0);
  }
});

test("every item is picked sooner or later", () => {
  const random = seededRandom(1);
  const picked = new Set(Array.from({ length: 200 }, () => pick(random, ["a", "b", "c", "d"])));
  assert.deepEqual([...picked].sort(), ["a", "b", "c", "d"]);
});
