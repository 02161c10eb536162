import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { digestHex } from "./digest.ts";

test("digests are SHA-256 of the text in UTF-8", () => {
  const expected = createHash("sha256").update(Buffer.from("Ünï 😀")).digest("hex");
  assert.equal(digestHex("Ünï 😀"), expected);
});
