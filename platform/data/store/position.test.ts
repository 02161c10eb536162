import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { errorCode } from "@daybook/kernel/errors";
import { positionToken, readPosition } from "./position.ts";

const head = (epoch: number, position: number) => ({ epoch, position, recordedAt: 0 });

function refuses(code: string, read: () => number): void {
  assert.throws(read, (error) => errorCode(error) === code);
}

test("a token reads as the position that it was made of", () => {
  const cases = fc.record({
    epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    position: fc.maxSafeNat().map((n) => n % 36 ** 10),
    ahead: fc.nat(1_000),
  });
  fc.assert(
    fc.property(cases, ({ epoch, position, ahead }) => {
      assert.equal(readPosition(positionToken(epoch, position), head(epoch, position + ahead)), position);
    }),
  );
});

test("a token of another epoch is of a lost future, also when the log is longer", () => {
  for (const epoch of [1, 3]) refuses("position-from-lost-future", () => readPosition(positionToken(epoch, 5), head(2, 100)));
});

test("a token beyond the head is of a lost future, one at the head is not", () => {
  refuses("position-from-lost-future", () => readPosition(positionToken(1, 8), head(1, 7)));
  assert.equal(readPosition(positionToken(1, 7), head(1, 7)), 7);
});

test("text that is no token is refused as such", () => {
  const texts = [
    "",
    "p",
    "p1",
    "p1-",
    "1-2",
    "p1-2 ",
    " p1-2",
    "P1-2",
    "p1-2-3",
    "p1--2",
    "p1-Z",
    "p1-2\n",
    "p-1-2",
    "pé-1",
    `p1-${"1".repeat(11)}`,
  ];
  for (const text of texts) refuses("position-invalid", () => readPosition(text, head(1, 100)));
});
