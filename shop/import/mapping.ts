import { readFile } from "node:fs/promises";
import { messageOf } from "@daybook/kernel/errors";
import { z } from "zod";
import { mappingInvalid } from "./errors.ts";
import { timePattern } from "./local-time.ts";

const pattern = z.string().min(1).max(200).refine(isPattern, "is no regular expression");
const columnName = z.string().min(1).max(200);

/** How the rows of a CSV file become orders. docs/import.md describes each field. */
export const mappingSchema = z.strictObject({
  /** Part of every order's id and origin: two files with the same orders have the same source. */
  source: z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/),
  delimiter: z.string().length(1).default(","),
  /** The header's names. Without `product`, every row is of the stand-in. */
  columns: z.strictObject({
    number: columnName,
    time: columnName,
    quantity: columnName,
    unitPrice: columnName,
    customer: columnName.optional(),
    country: columnName.optional(),
    product: columnName.optional(),
    description: columnName.optional(),
  }),
  /** Of YYYY, MM or M, DD or D, hh or h (0–23), mm or m, ss or s, with anything between. */
  timeFormat: z.string().refine((format) => timePattern(format) !== undefined, "needs YYYY, M, D, h and m, each once"),
  timeZone: z.string().refine(isTimeZone, "is no time zone"),
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** Regular expressions on the number: what is neither is an order. */
  numbers: z.strictObject({ creditNote: pattern.optional(), adjustment: pattern.optional() }).default({}),
  /** What a customer's column holds when there is none, beside the empty text. */
  guests: z.array(z.string().max(100)).max(20).default([]),
  standIn: z.strictObject({ productId: z.string().min(1).max(100), name: z.string().min(1).max(300) }).optional(),
});
export type Mapping = z.infer<typeof mappingSchema>;

/** Reads a mapping's file. Throws `mapping-invalid` with every fault. */
export async function loadMapping(path: string): Promise<Mapping> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw mappingInvalid(`${path} cannot be read as JSON: ${messageOf(cause)}`, { cause });
  }
  return parseMapping(document, path);
}

/** The mapping that `document` describes; `name` says in messages where it came from. */
export function parseMapping(document: unknown, name: string): Mapping {
  const parsed = mappingSchema.safeParse(document);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `/${issue.path.join("/")} ${issue.message}`);
    throw mappingInvalid(`${name}: ${faults.join("; ")}`);
  }
  const { columns, standIn } = parsed.data;
  if (columns.product === undefined && !standIn) throw mappingInvalid(`${name}: needs /columns/product or /standIn`);
  return parsed.data;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function isTimeZone(text: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId !== "";
  } catch {
    return false;
  }
}
