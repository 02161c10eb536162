import { canonical } from "@daybook/kernel/canonical";
import { personalPath } from "@daybook/kernel/personal";
import { assert } from "@daybook/kernel/errors";
import type { z } from "zod";
import { workflowValueInvalid } from "../errors.ts";

/** Inputs, results and messages are recorded: more than that is passed by reference. */
const VALUE_BYTES_MAX = 100 * 1024;

/** Encodes a value as the schema has it. Throws `workflow-value-invalid`, also over 100 KiB; `what` names it. */
export function encodeValue(schema: z.ZodType, value: unknown, what: string): string {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw workflowValueInvalid(`${what}: ${parsed.error.issues[0]?.message ?? "does not fit"}`);
  const text = parsed.data === undefined ? "null" : canonical(parsed.data);
  if (text.length > VALUE_BYTES_MAX / 3 && Buffer.byteLength(text) > VALUE_BYTES_MAX) {
    throw workflowValueInvalid(`${what}: at most ${VALUE_BYTES_MAX} bytes are recorded`);
  }
  return text;
}

/** The value of a text; a copy of its own. Throws `workflow-value-invalid`. */
export function decodeValue(schema: z.ZodType, text: string, what: string): unknown {
  const value: unknown = JSON.parse(text);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const nothing = value === null ? schema.safeParse(undefined) : parsed; // nothing is written as null
  if (nothing.success) return nothing.data;
  throw workflowValueInvalid(`${what}: ${parsed.error.issues[0]?.message ?? "does not fit"}`);
}

/** Histories are not sealed: what is personal stays with its context, and a workflow passes ids. */
export function refusePersonal(schema: z.ZodType, what: string): void {
  assert(personalPath(schema) === undefined, `${what} has no personal field: pass the id of whom it belongs to`);
}
