import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseJsonBody } from "./json-body.ts";

const FAULT = { code: "body-malformed" };

test("every document of distinct keys is read as JSON.parse reads it", () => {
  const document = fc.jsonValue({ noUnicodeString: false, maxDepth: 5 });
  const property = fc.property(document, fc.constantFrom(0, 2), (value, indent) => {
    const text = JSON.stringify(value, undefined, indent);
    if (text.includes('"__proto__"')) return;
    assert.deepEqual(parseJsonBody(Buffer.from(text)), JSON.parse(text));
  });
  fc.assert(property, { numRuns: 2_000 });
});

test("every key that is given twice is found, wherever it stands", () => {
  const key = fc.string({ maxLength: 8 });
  const property = fc.property(key, fc.array(key, { maxLength: 4 }), fc.nat(3), (twice, others, depth) => {
    const fields = [...others, twice, twice].map((each) => `${JSON.stringify(each)}:${JSON.stringify(':"{\\')}`);
    const text = `${'[{"a":'.repeat(depth)}{${fields.join(",")}}${"}]".repeat(depth)}`;
    assert.throws(() => parseJsonBody(Buffer.from(text)), FAULT);
  });
  fc.assert(property, { numRuns: 2_000 });
});

test("strings that end in backslashes and quotes do not confuse the counting", () => {
  for (const text of ['{"a\\\\":1}', '{"a\\"b":":"}', '{"a":"\\\\\\":","b":2}', '":"', "{}"]) {
    assert.deepEqual(parseJsonBody(Buffer.from(text)), JSON.parse(text));
  }
});

test("32 levels are read, 33 are not", () => {
  const nested = (levels: number) => Buffer.from("[".repeat(levels) + "]".repeat(levels));
  assert.doesNotThrow(() => parseJsonBody(nested(32)));
  assert.throws(() => parseJsonBody(nested(33)), { code: "body-too-large" });
});

test("the message never quotes the body", () => {
  assert.throws(
    () => parseJsonBody(Buffer.from('{"card": 4111111111111111 secret')),
    (error: Error) => !/secret|4111/.test(error.message),
  );
});
