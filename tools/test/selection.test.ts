import assert from "node:assert/strict";
import { test } from "node:test";
import { selectedFiles, shardsOf } from "./selection.ts";

const FILES = ["platform/kernel/money.test.ts", "platform/kernel/orders.sim.test.ts", "shop/app.int.test.ts"];

test("tests on real engines run only when asked for", () => {
  assert.deepEqual(selectedFiles({ isIntegration: false, only: [] }, FILES), FILES.slice(0, 2));
  assert.deepEqual(selectedFiles({ isIntegration: true, only: [] }, FILES), FILES.slice(2));
});

test("a part of the path selects", () => {
  assert.deepEqual(selectedFiles({ isIntegration: false, only: ["money", "./shop"] }, FILES), FILES.slice(0, 1));
});

test("shards share all files evenly, and none is empty", () => {
  assert.deepEqual(shardsOf(["a", "b", "c"], 2), [["a", "c"], ["b"]]);
  assert.deepEqual(shardsOf(["a"], 4), [["a"]]);
});
