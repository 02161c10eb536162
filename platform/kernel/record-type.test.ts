import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { personal } from "./personal.ts";
import { recordType } from "./record-type.ts";

const person = z.strictObject({ name: z.string() });

describe("a record type", () => {
  test("has an upcaster for each older version", () => {
    assert.throws(
      () => recordType({ name: "T", version: 3, schema: z.object({}), upcasters: { 1: (data) => data } }),
      /version 2 has an upcaster/,
    );
  });

  test("has a subject exactly when it has a personal field", () => {
    assert.throws(() => recordType({ name: "T", schema: z.object({ who: personal(person) }) }), /go together/);
    assert.throws(() => recordType({ name: "T", schema: z.object({}), subject: () => "cus_1" }), /go together/);
  });
});
