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

/** What travels with a call: at least who asks and why. */
export interface Around {
  readonly context: Context;
}

export type Handler<Input, Output, With extends Around> = (input: Input, around: With) => Promise<Output>;

/** Around a handler: does something before and after, or answers itself. Onion order: the first given is outermost. */
export type Middleware<With extends Around = Around> = (call: Call<With>, next: () => Promise<unknown>) => Promise<unknown>;

export interface Call<With extends Around = Around> {
  readonly operation: string;
  readonly input: unknown;
  readonly around: With;
}

/**
 * The one handler mechanism, for commands and for queries: a name, a schema, a function, middleware. Input is parsed
 * once, here. A second handler for a name is a mistake; a name without handler is `unknown-operation`.
 */
export interface Handlers<With extends Around = Around> {
  register<Input, Output>(operation: Operation<Input, Output>, handler: Handler<Input, Output, With>): void;
  /** Rejects with `input-invalid`, listing every field, when the schema refuses the input. */
  dispatch<Input, Output>(operation: Operation<Input, Output>, input: unknown, around: With): Promise<Output>;
  /** Names, in order of registration. */
  names(): readonly string[];
}

type Run<With extends Around> = (call: Call<With>) => Promise<unknown>;

export function handlers<With extends Around = Around>(middleware: readonly Middleware<With>[] = []): Handlers<With> {
  const runs = new Map<string, Run<With>>();
  return {
    register(operation, handler) {
      assert(!runs.has(operation.name), `"${operation.name}" has one handler`);
      runs.set(operation.name, composed(operation, handler, middleware));
    },
    dispatch<Input, Output>(operation: Operation<Input, Output>, input: unknown, around: With): Promise<Output> {
      const run = runs.get(operation.name);
      if (!run) return Promise.reject(unknownHandler(`nothing handles "${operation.name}"`));
      try {
        return run({ operation: operation.name, input, around }) as Promise<Output>; // registered with this operation's type
      } catch (error) {
        return rejected(error);
      }
    },
    names: () => [...runs.keys()],
  };
}

function composed<Input, Output, With extends Around>(
  operation: Operation<Input, Output>,
  handler: Handler<Input, Output, With>,
  middleware: readonly Middleware<With>[],
): Run<With> {
  // No async functions here: each promise more on the way of a call is a third of its cost.
  const handle: Run<With> = ({ input, around }) => {
    try {
      const parsed = operation.input.safeParse(input);
      return parsed.success ? handler(parsed.data, around) : Promise.reject(invalid(operation.name, parsed.error));
    } catch (error) {
      return rejected(error);
    }
  };
  return middleware.reduceRight<Run<With>>((next, layer) => (call) => layer(call, () => next(call)), handle);
}

async function rejected(thrown: unknown): Promise<never> {
  throw thrown;
}

function invalid(operation: string, error: z.ZodError): Error {
  const errors = error.issues.flatMap((issue) =>
    fieldsOf(issue).map((path) => ({ pointer: pointerTo(path), message: issue.message })),
  );
  return inputInvalid(`the input of ${operation} does not fit its schema`, { details: { errors } });
}

/** A field that the schema does not know is named itself, not the object that it is in. */
function fieldsOf(issue: z.core.$ZodIssue): readonly (readonly PropertyKey[])[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** RFC 6901; the whole input is the empty text. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
