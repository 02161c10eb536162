import type { UnitCause } from "@daybook/data/store/unit";
import type { Messages, WorkflowContract } from "../definition.ts";
import type { NamesOf, Parsed } from "../context.ts";
import { workflowNotRegistered } from "../errors.ts";
import { decodeValue, encodeValue } from "../replay/value-text.ts";
import type { RunOrigin } from "./surface.ts";

/** The arguments with which a Temporal client starts the workflow named `contract.name`. */
export function runArguments<Input>(
  contract: WorkflowContract<Input>,
  input: NoInfer<Input>,
  { correlation, actor, tenant, trace }: UnitCause,
): [string, RunOrigin] {
  const text = encodeValue(contract.input, input, `input of ${contract.name}`);
  return [text, { correlation, actor, tenant, ...(trace !== undefined && { trace }) }];
}

/** The result that a Temporal client was given. */
export function runResult<Output>(contract: WorkflowContract<unknown, Output>, text: unknown): Output {
  return decodeValue(contract.output, String(text), `result of ${contract.name}`) as Output; // by its schema
}

/** The argument of a signal that a Temporal client sends. */
export function signalArgument<M extends Messages, Name extends NamesOf<M["signals"]>>(
  { messages }: { readonly messages: M },
  name: Name,
  value: Parsed<NonNullable<M["signals"]>[Name]>,
): string {
  const schema = messages.signals?.[name];
  if (!schema) throw workflowNotRegistered(`there is no signal ${name}`);
  return encodeValue(schema, value, `signal ${name}`);
}
