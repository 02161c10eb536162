import type { Clock } from "@daybook/kernel/clock";
import { timeLeft } from "@daybook/kernel/context";
import { assert, CodedError, messageOf } from "@daybook/kernel/errors";
import type { Answer, Call, Contract, Operable, OperationTypes } from "./contract.ts";
import { calleeFailed, callInvalid, callTooLate, contractUnknown } from "./errors.ts";
import type { AnswerRecord, CallRecord, Transport } from "./wire.ts";

/** One contract with what carries it out. */
export interface Service {
  readonly name: string;
  serve(operation: string, input: unknown, call: Call): Promise<Answer<unknown>>;
}

/** Puts an implementation behind its contract. Input is checked by the schema: what does not fit is `call-invalid`. */
export function service<Operations extends OperationTypes>(
  { name, operations }: Contract<Operations>,
  implementation: Operable<Operations>,
): Service {
  return {
    name,
    async serve(operation, input, call) {
      const type = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (!type) throw callInvalid(`${name} has no operation "${operation}"`);
      const parsed = type.input.safeParse(input);
      if (!parsed.success) throw callInvalid(`the input of ${name}.${operation} does not fit: ${parsed.error.message}`);
      const run = implementation[operation] as (input: unknown, call: Call) => Promise<Answer<unknown>>; // parsed by its schema
      return run(parsed.data, call);
    },
  };
}

export interface LocalTransportOptions {
  readonly clock: Clock;
  /** Told of failures that are no coded errors; the caller is told only that there was one. */
  readonly onFailure?: (error: unknown, operation: string) => void;
}

/**
 * Calls inside one process: encoded, decoded and checked exactly as between processes. Services are added while the
 * program is put together. A call whose deadline has passed does nothing and is `call-too-late`.
 */
export interface LocalTransport {
  readonly transport: Transport;
  add(service: Service): void;
}

export function localTransport({ clock, onFailure }: LocalTransportOptions): LocalTransport {
  const services = new Map<string, Service>();

  async function answer({ contract, operation, input, context, key }: CallRecord): Promise<AnswerRecord> {
    const callee = services.get(contract);
    if (!callee) throw contractUnknown(`nothing here serves "${contract}"`);
    if (timeLeft(context, clock.now()) === 0) throw callTooLate(`the deadline of ${contract}.${operation} has passed`);
    return callee.serve(operation, input, { context, ...(key !== undefined && { key }) });
  }

  return {
    add(added) {
      assert(!services.has(added.name), `"${added.name}" is served once`);
      services.set(added.name, added);
    },
    async transport(text) {
      const call = JSON.parse(text) as CallRecord; // written by client.ts; its input is checked by the callee
      try {
        return JSON.stringify(await answer(call));
      } catch (error) {
        if (!(error instanceof CodedError)) onFailure?.(error, `${call.contract}.${call.operation}`);
        return JSON.stringify({ error: errorRecord(error, `${call.contract}.${call.operation}`) });
      }
    },
  };
}

function errorRecord(error: unknown, operation: string) {
  const coded = error instanceof CodedError ? error : calleeFailed(`${operation} failed: ${messageOf(error)}`);
  const { code, message, advice, retryable, details } = coded;
  return { code, message, advice, retryable, details };
}
