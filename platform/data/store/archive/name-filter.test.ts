import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, NameFilter } from "./name-filter.ts";

const name = (n: number) => `s order-ord_${n}`;

test("a filter misses none of its names, also when it was kept as text, and takes few others for one", () => {
  const filter = new NameFilter(NameFilter.of(new Set(Array.from({ length: 10_000 }, (_, n) => name(n)))).text);
  for (let n = 0; n < 10_000; n++) assert.ok(filter.has(hashOf(name(n))));
  let wrong = 0;
  for (let n = 10_000; n < 20_000; n++) wrong += Number(filter.has(hashOf(name(n))));
  assert.ok(wrong > 0 && wrong < 150, `${wrong} of 10,000`);
});

test("a filter of nothing has nothing", () => {
  assert.equal(NameFilter.of(new Set()).has(hashOf("s order-1")), false);
});
