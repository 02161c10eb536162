import assert from "node:assert/strict";
import { test } from "node:test";
import { joined, literal, prefixEnd, separatorFor } from "./text.ts";

test("numbers and booleans are written as an array's literal", () => {
  assert.equal(literal([1, -2.5, Infinity]), "{1,-2.5,Infinity}");
  assert.equal(literal([true, false]), "{true,false}");
  assert.equal(literal([]), "{}");
});

test("the separator occurs in no text, whatever the texts hold", () => {
  const controls = ["\u001f", "\u001e", "\u001d", "\u001c", "\u0001"];
  assert.equal(separatorFor([["a"], []]), "\u001f");
  assert.equal(separatorFor([["a"], ["b\u001fc"]]), "\u001e");
  const separator = separatorFor([controls, ["\u001f0\u001e"]]);
  const texts = [...controls, "\u001f0\u001e", "\u001f1", ""];
  assert.deepEqual(joined(texts, separator).split(separator), texts);
});

test("a lone empty text does not read as no texts", () => {
  assert.equal(joined([], "|"), "");
  assert.equal(joined([""], "|"), "|");
  assert.equal(joined(["", ""], "|"), "|");
});

test("a prefix ends where the next greater text of its length begins", () => {
  assert.equal(prefixEnd("ab"), "ac");
  assert.equal(prefixEnd("a\u{10ffff}"), "b");
  assert.equal(prefixEnd("a\ud7ff"), "a\ue000");
  assert.equal(prefixEnd("a\uffff"), "a\u{10000}");
  assert.equal(prefixEnd("\u{10ffff}"), undefined);
  assert.equal(prefixEnd(""), undefined);
});
