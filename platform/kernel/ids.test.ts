import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { idSource, isId } from "./ids.ts";
import { seededRandom, systemRandom } from "./random.ts";
import { virtualClock } from "./virtual-clock.ts";

const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 200 });

test("ids of one source rise strictly, also when the clock steps back", () => {
  fc.assert(
    fc.property(fc.integer(), steps, (seed, jumps) => {
      const clock = virtualClock();
      const next = idSource(clock, seededRandom(seed));
      let last = next("ord");
      for (const jump of jumps) {
        clock.jump(jump);
        const id = next("ord");
        assert.ok(id > last, `${id} follows ${last}`);
        last = id;
      }
    }),
  );
});

test("ids rise also when the random words are all zeros or all ones", () => {
  for (const word of [0, 2 ** 32 - 1]) {
    const next = idSource(virtualClock(), { word: () => word });
    const ids = Array.from({ length: 1_000 }, () => next("ord"));
    assert.deepEqual(ids.toSorted(), ids);
    assert.equal(new Set(ids).size, ids.length);
  }
});

test("ids of many sources at one time are unique", () => {
  const clock = virtualClock();
  const ids = Array.from({ length: 50 }, (_, seed) => idSource(clock, seededRandom(seed))).flatMap((next) =>
    Array.from({ length: 100 }, () => next("ord")),
  );
  assert.equal(new Set(ids).size, 5_000);
});

test("an id is its prefix and 26 characters of Crockford's base 32", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(2 ** 45), (seed, now) => {
      const id = idSource(virtualClock(now), seededRandom(seed))("cus");
      assert.match(id, /^cus_[0-9a-hjkmnp-tv-z]{26}$/);
      assert.ok(isId(id) && isId(id, "cus") && !isId(id, "cu") && !isId(id, "ord"));
    }),
  );
});

test("an id tells the millisecond in which it was made", () => {
  const now = Date.UTC(2026, 10, 21, 7, 30, 0, 123);
  const text = idSource(virtualClock(now), systemRandom())("ord").slice(4);
  const digits = Array.from(text, (character) => BigInt("0123456789abcdefghjkmnpqrstvwxyz".indexOf(character)));
  const first80 = digits.slice(0, 16).reduce((value, digit) => value * 32n + digit, 0n); // 48 bits of time, 32 of counter
  assert.equal(Number(first80 >> 32n), now);
});

test("what is no id is told apart", () => {
  const id = idSource(virtualClock(), seededRandom(1))("ord");
  for (const text of [
    "",
    "ord",
    "ord_",
    id.slice(0, -1),
    `${id}0`,
    id.toUpperCase(),
    ` ${id}`,
    `${id}\n`,
    id.replace("_", "-"),
    `ord_8${id.slice(5)}`,
    `ord_0${"i".repeat(25)}`,
  ]) {
    assert.equal(isId(text), false, text);
  }
});
