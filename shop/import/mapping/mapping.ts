import { readFile } from "node:fs/promises";
import { messageOf } from "@daybook/kernel/errors";
import { z } from "zod";
import { mappingInvalid } from "../errors.ts";
import { isTimeFormat, NAMED_FORMATS } from "./local-time.ts";

const pattern = z.string().min(1).max(200).refine(isPattern, "is no regular expression");
const word = z.string().max(100);
const words = z.array(word).min(1).max(20);
const card = z.strictObject({ card: z.string().regex(/^[\w.-]{1,100}$/, "1 to 100 letters, digits, _, . and -") });

/** Where a value is: under a title of the header, at a path of an NDJSON document, or the same in every row. */
const column = z.union([z.string().min(1).max(200), z.strictObject({ constant: z.string().min(1).max(300) })]);

const columns = z.strictObject({
  number: column,
  time: column,
  quantity: column,
  unitPrice: column,
  currency: column.optional(),
  customer: column.optional(),
  country: column.optional(),
  product: column.optional(),
  description: column.optional(),
  /** By its values a row is a credit note, an adjustment, or cancelled: `statuses`. */
  status: column.optional(),
  /** Of a credit note: the number of the order that it is of. */
  returnOf: column.optional(),
});
export type ColumnName = keyof z.infer<typeof columns>;

/** How the rows of a file become orders. docs/import.md describes each field. */
export const mappingSchema = z.strictObject({
  /** Part of every order's id and origin: two files with the same orders have the same source. */
  source: z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/),
  format: z.enum(["csv", "ndjson"]).default("csv"),
  /** Of CSV. */
  delimiter: z.string().length(1).default(","),
  quote: z.string().length(1).nullable().default('"'),
  /** What stands before a quote that is part of a text. */
  escape: z.string().length(1).default('"'),
  /** Of NDJSON: the path of an array whose elements are rows; columns below it are looked up in each element. */
  lines: z.string().min(1).max(200).optional(),
  columns,
  timeFormat: z
    .string()
    .max(100)
    .refine(isTimeFormat, `needs YYYY, M and D, each once, and h with m or neither; or is ${NAMED_FORMATS.join(", ")}`),
  timeZone: z.string().max(100).refine(isTimeZone, "is no time zone"),
  /** Of every price, unless there is a column for it, or it is empty. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** So many digits the price is shifted by: 2 when it is in pence. */
  priceExponent: z.int().min(0).max(6).default(0),
  decimalMark: z.enum([".", ","]).default("."),
  /** Between groups of digits, as in 1.234,50. */
  groupMark: z.enum([".", ",", " ", "'", "\u00a0", "\u202f"]).optional(),
  /** Regular expressions on the number: what is neither is an order. */
  numbers: z.strictObject({ creditNote: pattern.optional(), adjustment: pattern.optional() }).prefault({}),
  statuses: z
    .strictObject({ creditNote: words.optional(), adjustment: words.optional(), cancelled: words.optional() })
    .prefault({}),
  /** What a customer's column holds when there is none, beside the empty text. */
  guests: z.array(word).max(20).default([]),
  /** The product of rows without one. */
  standIn: z
    .strictObject({
      productId: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, "1 to 100 letters, digits, _, . and -"),
      name: z.string().trim().min(1).max(300),
    })
    .optional(),
  /** How orders are paid: from an account of the customer's, or by a card that the provider knows by a token. */
  payment: z
    .strictObject({
      customers: z.union([z.literal("account"), card]).default("account"),
      guests: card.default({ card: "tok_ok" }),
    })
    .prefault({}),
});
export type Mapping = z.infer<typeof mappingSchema>;

/** The JSON Schema (2020-12) of a mapping, for editors. What fields say of each other is checked when a mapping is read. */
export function mappingJsonSchema(): object {
  return { title: "Mapping of a Daybook import", ...z.toJSONSchema(mappingSchema, { io: "input" }) };
}

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
  const faults = parsed.success ? contradictions(parsed.data) : parsed.error.issues.flatMap(faultsOf);
  if (parsed.success && faults.length === 0) return parsed.data;
  const told = faults.map(({ pointer, message }) => `${pointer || "the mapping"} ${message}`);
  throw mappingInvalid(`${name}: ${told.join("; ")}`, { details: { errors: faults } });
}

interface Fault {
  /** RFC 6901; the whole mapping is the empty text. */
  readonly pointer: string;
  readonly message: string;
}

/** A field that a mapping does not have is named itself, not the object that it is in. */
function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  if (issue.code !== "unrecognized_keys") return [{ pointer: pointerTo(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), message: "is no field of a mapping" }));
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** What fields say against each other. */
function contradictions(mapping: Mapping): readonly Fault[] {
  const { format, lines, columns, statuses, standIn, delimiter, quote, decimalMark, groupMark } = mapping;
  const faults: (readonly [boolean, string, string])[] = [
    [columns.product === undefined && !standIn, "/columns/product", "is needed, or /standIn"],
    [columns.status === undefined && Object.keys(statuses).length > 0, "/columns/status", "is needed for /statuses"],
    [format === "csv" && lines !== undefined, "/lines", "is of NDJSON only"],
    [format === "csv" && delimiter === quote, "/quote", "is the delimiter"],
    [decimalMark === groupMark, "/groupMark", "is the decimal mark"],
  ];
  return faults.flatMap(([isFault, pointer, message]) => (isFault ? [{ pointer, message }] : []));
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
