import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow } from "../definition.ts";
import { runArguments, runResult, signalArgument } from "./client-texts.ts";

const nap = workflow({
  name: "nap",
  input: z.strictObject({ ms: z.int(), at: z.string() }),
  output: z.int(),
  messages: { signals: { wake: z.strictObject({ by: z.string() }) } },
  run: async (_, { ms }) => ms,
});
const CAUSE = { correlation: "cor_1", causation: "x", actor: "usr_1", tenant: "shop" };

test("a start is canonical text and where the run comes from", () => {
  const origin = { correlation: "cor_1", actor: "usr_1", tenant: "shop" };
  assert.deepEqual(runArguments(nap, { ms: 5, at: "home" }, CAUSE), ['{"at":"home","ms":5}', origin]);
  assert.deepEqual(runArguments(nap, { ms: 5, at: "home" }, { ...CAUSE, trace: "00-1" })[1], { ...origin, trace: "00-1" });
});

test("results and signals cross as text, too", () => {
  assert.equal(runResult(nap, "7"), 7);
  assert.equal(signalArgument(nap, "wake", { by: "Ada" }), '{"by":"Ada"}');
});

test("what does not fit its schema is refused", () => {
  const isInvalid = (error: unknown) => errorCode(error) === "workflow-value-invalid";
  assert.throws(() => runArguments(nap, { ms: 0.5, at: "home" }, CAUSE), isInvalid);
  assert.throws(() => runResult(nap, '"seven"'), isInvalid);
  // @ts-expect-error a signal has the type that its schema says
  assert.throws(() => signalArgument(nap, "wake", {}), isInvalid);
});
