import assert from "node:assert/strict";
import { test } from "node:test";
import { EMBEDDED } from "./worker/capabilities.ts";
import { TEMPORAL } from "./temporal/capabilities.ts";

test("nothing is promised on Temporal that the embedded engine does not promise, and each says everything", () => {
  const { engine: _, ...temporal } = TEMPORAL;
  const { engine: __, ...embedded } = EMBEDDED;
  assert.deepEqual(Object.keys(temporal), Object.keys(embedded));
  const more = Object.keys(temporal).filter(
    (key) => temporal[key as keyof typeof temporal] && !embedded[key as keyof typeof temporal],
  ); // its own keys
  assert.deepEqual(more, []);
});
