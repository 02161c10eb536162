import type { z } from "zod";
import { assert } from "./errors.ts";
import { personalPath } from "./personal.ts";

/**
 * The type of a stored record (event, message, answer): its name, its current version, the schema that is the only
 * source of its shape, the subject of its personal field, and how each older version becomes the next.
 */
export interface RecordType<Data = unknown> {
  readonly name: string;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  /** Whose personal data a record holds. */
  subject?(data: Data): string;
  /** Where the personal field is; undefined without one. */
  readonly personalPath: readonly string[] | undefined;
  /** `upcasters[v]` makes version v + 1 out of version v. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
}

export interface RecordTypeOptions<Data> {
  readonly name: string;
  readonly version?: number;
  readonly schema: z.ZodType<Data>;
  /** Required when the schema has a `personal()` field. */
  readonly subject?: (data: Data) => string;
  readonly upcasters?: Readonly<Record<number, (data: unknown) => unknown>>;
}

export function recordType<Data>(options: RecordTypeOptions<Data>): RecordType<Data> {
  const version = options.version ?? 1;
  const path = personalPath(options.schema);
  assert((path === undefined) === (options.subject === undefined), `${options.name}: a personal field and a subject go together`);
  for (let v = 1; v < version; v++) assert(options.upcasters?.[v], `${options.name}: version ${v} has an upcaster`);
  return {
    name: options.name,
    version,
    schema: options.schema,
    ...(options.subject && { subject: options.subject }),
    personalPath: path,
    upcasters: options.upcasters ?? {},
  };
}
