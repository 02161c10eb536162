import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { parseOptions } from "./options.ts";

const NAMES = ["append", "read"];

test("a name alone means a table, five rounds, SQLite", () => {
  const expected = { name: "append", isJson: false, rounds: 5, store: "sqlite", roundMs: 500, only: undefined };
  assert.deepEqual(parseOptions(["append"], NAMES), expected);
});

test("every option is taken", () => {
  const words = ["read", "--json", "--rounds", "9", "--store", "postgres", "--round-ms", "50", "--only", "daybook"];
  const expected = { name: "read", isJson: true, rounds: 9, store: "postgres", roundMs: 50, only: "daybook" };
  assert.deepEqual(parseOptions(words, NAMES), expected);
});

const WRONG: readonly (readonly string[])[] = [
  [],
  ["write"],
  ["append", "read"],
  ["append", "--yaml"],
  ["append", "--rounds", "0"],
  ["append", "--rounds", "many"],
  ["append", "--rounds"],
  ["append", "--store", "oracle"],
  ["append", "--round-ms", "1.5"],
];

for (const words of WRONG) {
  test(`"bench ${words.join(" ")}" is refused`, () => {
    assert.throws(
      () => parseOptions(words, NAMES),
      (error) => errorCode(error) === "bench-command-invalid",
    );
  });
}

test("an unknown name is answered with the list", () => {
  assert.throws(() => parseOptions(["write"], NAMES), /append, read/);
});
