import assert from "node:assert/strict";
import { test } from "node:test";
import { lineText } from "./line-text.ts";

test("a line of text has something in it and nothing that is no character of a line", () => {
  const line = lineText(10);
  assert.equal(line.parse("  Zoë O'B. 🫖 "), "Zoë O'B. 🫖");
  for (const text of ["", "  ", "a\nb", "a\rb", "a\u0000b", "a\u0085b", "12345678901"]) {
    assert.equal(line.safeParse(text).success, false, JSON.stringify(text));
  }
});
