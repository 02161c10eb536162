import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { z } from "zod";
import { inputInvalid, unknownHandler } from "./errors.ts";

/** What a command or query is called, takes and answers: all that a caller needs to know of it. */
export interface Operation<Input = unknown, Output = unknown> {
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output?: z.ZodType<Output>;
}

export type Handler<Input, Output> = (input: Input, context: Context) => Promise<Output>;

/** Around a handler: does something before and after, or answers itself. Onion order: the first given is outermost. */
export type Middleware = (call: Call, next: () => Promise<unknown>) => Promise<unknown>;

export interface Call {
  readonly operation: string;
  readonly input: unknown;
  readonly context: Context;
}

/**
 * The one handler mechanism, for commands and for queries: a name, a schema, a function, middleware. Input is parsed
 * once, here. A second handler for a name is a mistake; a name without handler is `unknown-operation`.
 */
export interface Handlers {
  register<Input, Output>(operation: Operation<Input, Output>, handler: Handler<Input, Output>): void;
  /** Rejects with `input-invalid`, listing every field, when the schema refuses the input. */
  dispatch<Input, Output>(operation: Operation<Input, Output>, input: unknown, context: Context): Promise<Output>;
  /** Names, in order of registration. */
  names(): readonly string[];
}

type Run = (input: unknown, context: Context) => Promise<unknown>;

export function handlers(middleware: readonly Middleware[] = []): Handlers {
  const runs = new Map<string, Run>();
  return {
    register(operation, handler) {
      assert(!runs.has(operation.name), `"${operation.name}" has one handler`);
      runs.set(operation.name, composed(operation, handler, middleware));
    },
    dispatch<Input, Output>(operation: Operation<Input, Output>, input: unknown, context: Context) {
      const run = runs.get(operation.name);
      if (!run) return Promise.reject(unknownHandler(`nothing handles "${operation.name}"`));
      return run(input, context) as Promise<Output>; // registered with this operation's type
    },
    names: () => [...runs.keys()],
  };
}

function composed<Input, Output>(
  operation: Operation<Input, Output>,
  handler: Handler<Input, Output>,
  middleware: readonly Middleware[],
): Run {
  const handle: Run = (input, context) => {
    const parsed = operation.input.safeParse(input);
    return parsed.success ? handler(parsed.data, context) : Promise.reject(invalid(operation.name, parsed.error));
  };
  return middleware.reduceRight<Run>(
    (next, layer) => (input, context) => layer({ operation: operation.name, input, context }, () => next(input, context)),
    handle,
  );
}

function invalid(operation: string, error: z.ZodError): Error {
  const fields = error.issues.map((issue) => ({
    pointer: `/${issue.path.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`,
    message: issue.message,
  }));
  return inputInvalid(`the input of ${operation} does not fit its schema`, { details: { errors: fields } });
}
