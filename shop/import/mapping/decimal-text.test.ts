import assert from "node:assert/strict";
import { test } from "node:test";
import { decimalTexts, shifted } from "./decimal-text.ts";

test("marks of decimals and groups become a point and nothing; what is no number is nothing", () => {
  const comma = decimalTexts({ decimalMark: ",", groupMark: "." });
  const texts = ["1", "-1", "1,5", "1.234", "1.234.567,89", "1234,5"];
  assert.deepEqual(texts.map(comma), ["1", "-1", "1.5", "1234", "1234567.89", "1234.5"]);
  for (const text of ["", "1.5", "12.34", ".5", "1,5,6", "1.2345,6", "1,234.5", "x"]) assert.equal(comma(text), "", text);
  const spaced = decimalTexts({ decimalMark: ".", groupMark: " " });
  assert.deepEqual(["12 345.5", "345.5", "1 2"].map(spaced), ["12345.5", "345.5", ""]);
  assert.equal(decimalTexts({ decimalMark: "," })("1234,50"), "1234.50");
});

test("a price in small units is shifted, exactly", () => {
  assert.deepEqual(
    ["255", "5", "0", "1.5", "123456789012"].map((text) => shifted(text, 2)),
    ["2.55", "0.05", "0.00", "0.015", "1234567890.12"],
  );
  assert.equal(shifted("2.55", 0), "2.55");
});
