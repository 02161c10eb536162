import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { nextLink, pageCursor, readCursor } from "./paging.ts";

const schema = z.strictObject({ entry: z.string(), key: z.string() });
const value = { entry: "2026-11-21/ü", key: "ord_1" };

test("a cursor is read as it was made, and is safe in a URL", () => {
  const cursor = pageCursor(value);
  assert.match(cursor, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual(readCursor(cursor, schema), value);
});

test("every change of a character is refused", () => {
  const cursor = pageCursor(value);
  for (let at = 0; at < cursor.length; at++) {
    const other = cursor[at] === "A" ? "B" : "A";
    assert.throws(() => readCursor(cursor.slice(0, at) + other + cursor.slice(at + 1), schema), { code: "cursor-invalid" });
  }
});

test("what is no cursor, or one of another list, is refused", () => {
  for (const text of [
    "",
    "AAAA",
    "%%%",
    `${pageCursor(value)}=`,
    `${pageCursor(value)}A`,
    pageCursor({ other: 1 }),
    pageCursor([]),
  ]) {
    assert.throws(() => readCursor(text, schema), { code: "cursor-invalid" }, text);
  }
});

test("the next link keeps the question and replaces the cursor", () => {
  assert.equal(nextLink("/a?status=placed&cursor=old&limit=2", "new"), '</a?status=placed&limit=2&cursor=new>; rel="next"');
  assert.equal(nextLink("/a", "new"), '</a?cursor=new>; rel="next"');
});
