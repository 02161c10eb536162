import type { Invocation } from "./command.ts";
import { aligned } from "./table.ts";
import { bold } from "./terminal.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A column of a table: its title and the field that it shows, with dots into the depth. */
export type Column = readonly [title: string, field: string];

/** Prints one document: as JSON, or as lines of field and value. */
export function printDocument({ flags, terminal }: Invocation, document: Fields): void {
  const chosen = chosenFields(flags.text("fields"));
  if (flags.isSet("json")) {
    terminal.out(`${JSON.stringify(chosen ? picked(document, chosen) : document)}\n`);
    return;
  }
  const rows = chosen ? chosen.map((field) => [field, cellText(at(document, field))]) : flattened(document, "");
  for (const line of aligned(rows)) terminal.out(`${line}\n`);
}

/** Prints a list: as a table, as one document (--json), or as one document a record (--jsonl). */
export function printList(
  invocation: Invocation,
  records: readonly Fields[],
  columns: readonly Column[],
  document: Fields,
): void {
  const { flags, terminal } = invocation;
  const chosen = chosenFields(flags.text("fields"));
  const shown = chosen ? records.map((record) => picked(record, chosen)) : records;
  if (flags.isSet("jsonl")) {
    for (const record of shown) terminal.out(`${JSON.stringify(record)}\n`);
  } else if (flags.isSet("json")) {
    terminal.out(`${JSON.stringify(chosen ? shown : document)}\n`);
  } else {
    printTable(invocation, records, chosen ? chosen.map((field) => [field, field]) : columns);
  }
}

/** Prints one record of a stream that goes on: as a line of JSON, or of `columns`. */
export function printRecord({ flags, terminal }: Invocation, record: Fields, columns: readonly Column[]): void {
  const chosen = chosenFields(flags.text("fields"));
  if (flags.isSet("json") || flags.isSet("jsonl")) {
    terminal.out(`${JSON.stringify(chosen ? picked(record, chosen) : record)}\n`);
    return;
  }
  const fields = chosen ?? columns.map(([, field]) => field);
  terminal.out(`${fields.map((field) => cellText(at(record, field))).join("  ")}\n`);
}

function printTable({ terminal }: Invocation, records: readonly Fields[], columns: readonly Column[]): void {
  const rows = records.map((record) => columns.map(([, field]) => cellText(at(record, field))));
  const [head = "", ...lines] = aligned([columns.map(([title]) => title), ...rows]);
  terminal.out(`${bold(terminal, head)}\n`);
  for (const line of lines) terminal.out(`${terminal.isOutPerson ? line.slice(0, terminal.columns) : line}\n`);
}

function chosenFields(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").map((field) => field.trim());
}

function picked(record: Fields, fields: readonly string[]): Fields {
  return Object.fromEntries(fields.map((field) => [field, at(record, field)]));
}

function at(record: unknown, field: string): unknown {
  let value = record;
  for (const name of field.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Fields)[name]; // an object, by the line above
  }
  return value;
}

function flattened(value: unknown, field: string): readonly (readonly [string, string])[] {
  const isNested = typeof value === "object" && value !== null && !(Array.isArray(value) && value.length === 0);
  if (!isNested) return [[field, cellText(value)]];
  return Object.entries(value).flatMap(([name, below]) => flattened(below, field === "" ? name : `${field}.${name}`));
}

/** A value as one line without control characters. */
function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
