import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCall } from "./arguments.ts";
import type { Command } from "./command.ts";

const TAKE: Command = {
  noun: "thing",
  verb: "take",
  summary: "Take a thing",
  operands: [
    { name: "THING", summary: "what" },
    { name: "PLACE", summary: "where", isOptional: true },
  ],
  flags: [
    { name: "times", value: "N", summary: "how often", range: [1, 9] },
    { name: "with", value: "TEXT", summary: "with what", isRepeated: true },
    { name: "json", summary: "as JSON" },
  ],
  run: async () => {},
};

test("flags and operands mix, values come after a space or an equals sign", () => {
  const call = parseCall(["thing", "take", "a", "--times=3", "--with", "b", "--with=c=d", "--json", "e"], [TAKE]);
  assert.ok(call.kind === "run");
  assert.deepEqual(call.operands, { THING: "a", PLACE: "e" });
  assert.equal(call.flags.number("times"), 3);
  assert.deepEqual(call.flags.texts("with"), ["b", "c=d"]);
  assert.ok(call.flags.isSet("json"));
  assert.equal(call.flags.text("url"), undefined);
});

test("after -- everything is an operand, also what looks like a flag", () => {
  const call = parseCall(["thing", "take", "--", "--times"], [TAKE]);
  assert.deepEqual(call.kind === "run" && call.operands, { THING: "--times" });
});

test("help is asked for the program, a noun, and a command", () => {
  for (const words of [[], ["--help"], ["help"], ["-h"]]) assert.equal(parseCall(words, [TAKE]).kind, "help");
  const ofNoun = parseCall(["thing", "--help"], [TAKE]);
  assert.deepEqual(ofNoun, { kind: "help", of: undefined, noun: "thing" });
  const ofCommand = parseCall(["thing", "take", "--help"], [TAKE]);
  assert.equal(ofCommand.kind === "help" && ofCommand.of, TAKE);
});

test("what was typed stands in messages without control characters", () => {
  assert.throws(() => parseCall(["thing", "take", "--\u001b[31m"], [TAKE]), /no flag --\?\[31m$/);
});
