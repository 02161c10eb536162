import { CodedError, messageOf } from "@daybook/kernel/errors";
import type { Answer, Call, Contract, Operable, OperationTypes } from "./contract.ts";
import { callInvalid } from "./errors.ts";
import type { AnswerRecord, CallRecord, Transport } from "./wire.ts";

/**
 * The contract's operations as functions over `transport`. Input and answer are checked by the contract's schemas;
 * what does not fit is `call-invalid`. The callee's coded errors arrive with their code, retryable or not.
 */
export function client<Operations extends OperationTypes>(
  { name, operations }: Contract<Operations>,
  transport: Transport,
): Operable<Operations> {
  async function call(operation: string, input: unknown, { context, key }: Call): Promise<Answer<unknown>> {
    const type = operations[operation];
    const parsed = type?.input.safeParse(input);
    if (!parsed?.success) throw callInvalid(`the input of ${name}.${operation} does not fit: ${parsed?.error.message}`);
    const record: CallRecord = { contract: name, operation, input: parsed.data, context, ...(key !== undefined && { key }) };
    const answer = readAnswer(await transport(JSON.stringify(record)), `${name}.${operation}`);
    if ("error" in answer) throw new CodedError(answer.error, answer.error.message, { details: answer.error.details });
    if ("refusal" in answer) return answer;
    const value = type?.output.safeParse(answer.value);
    if (!value?.success) throw callInvalid(`the answer of ${name}.${operation} does not fit: ${value?.error.message}`);
    return { value: value.data };
  }
  const functions = Object.keys(operations).map((operation) => [
    operation,
    (input: unknown, around: Call) => call(operation, input, around),
  ]);
  return Object.fromEntries(functions) as Operable<Operations>; // a function an operation, typed by its schemas
}

function readAnswer(text: string, operation: string): AnswerRecord {
  try {
    return JSON.parse(text) as AnswerRecord; // written by server.ts; its value is checked by the caller
  } catch (cause) {
    throw callInvalid(`the answer of ${operation} is not JSON: ${messageOf(cause)}`, { cause });
  }
}
