import assert from "node:assert/strict";
import { test } from "node:test";
import { Rising } from "./rising.ts";

test("a set of rising texts calls only plain text beyond its highest surely new", () => {
  const set = new Rising("b");
  assert.ok(set.isBeyond("c"));
  assert.ok(!set.isBeyond("b"));
  assert.ok(!set.isBeyond("a"));
  assert.ok(!set.isBeyond("ü"), "JavaScript and SQLite may order it differently");
  set.add("d");
  set.add("a");
  set.add("\u{1F600}");
  assert.ok(!set.isBeyond("c"));
  assert.ok(set.isBeyond("e"));
});
