import assert from "node:assert/strict";
import { test } from "node:test";
import { CodedError } from "@daybook/kernel/errors";
import * as errors from "./errors.ts";
import { STATUSES } from "./statuses.ts";

test("every error of the edge has a status", () => {
  for (const make of Object.values(errors)) {
    const error = make("x");
    assert.ok(error instanceof CodedError);
    assert.ok(STATUSES[error.code], error.code);
  }
});

test("what may be retried unchanged has a status that says so", () => {
  for (const make of Object.values(errors)) {
    const { code, retryable } = make("x");
    if (retryable) assert.ok([408, 409, 429, 503, 504].includes(STATUSES[code] ?? 0), code);
  }
});
