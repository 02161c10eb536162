import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonical } from "./canonical.ts";

const plain = fc.jsonValue({ stringUnit: "binary", maxDepth: 5 });

test("canonical text parses to the data that it was made of", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const normal: unknown = JSON.parse(JSON.stringify(value)); // −0 is 0 in JSON
      assert.deepEqual(JSON.parse(canonical(value)), normal);
    }),
  );
});

test("canonical text of what canonical text parses to is the same text", () => {
  fc.assert(fc.property(plain, (value) => assert.equal(canonical(JSON.parse(canonical(value))), canonical(value))));
});

test("equal data gives equal text, whatever the order in which it was built", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), plain), (value) => {
      assert.equal(canonical(Object.fromEntries(Object.entries(value).reverse())), canonical(value));
    }),
  );
});

test("different data gives different text", () => {
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      assert.equal(canonical(a) === canonical(b), JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
    }),
  );
});

/** Another way to one order of members: lists of pairs, since rebuilt objects put integer keys first. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  return { members: members.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

test("members stand in code-unit order, without white space, and undefined ones are left out", () => {
  const value = { b: 1, a: [1, { d: undefined, c: "é\n" }], "10": true, "9": null, "\ue000": 1, "😀": 2 };
  assert.equal(canonical(value), '{"10":true,"9":null,"a":[1,{"c":"é\\n"}],"b":1,"😀":2,"\ue000":1}');
});

test("no text holds a line break or a lone surrogate", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const text = canonical(value);
      assert.ok(text.isWellFormed() && !/[\n\r]/.test(text));
    }),
  );
});

test("numbers are written as RFC 8785 writes them", () => {
  const numbers = [0, -0, 1e21, 1e-7, 0.1 + 0.2, 5e-324, Number.MAX_SAFE_INTEGER, -1.5];
  assert.equal(canonical(numbers), "[0,0,1e+21,1e-7,0.30000000000000004,5e-324,9007199254740991,-1.5]");
});

test("holes of an array are null, as in JSON", () => {
  const value: unknown[] = [];
  value[2] = 1;
  assert.equal(canonical(value), "[null,null,1]");
});

test("what JSON would change or drop is refused", () => {
  const values = [
    NaN,
    Infinity,
    1n,
    () => 1,
    Symbol("s"),
    undefined,
    new Date(0),
    new Map(),
    /x/,
    { a: NaN },
    [{ b: new Set() }],
    Object.create({ a: 1 }),
  ];
  for (const value of values) assert.throws(() => canonical(value), /assertion failed/);
});
