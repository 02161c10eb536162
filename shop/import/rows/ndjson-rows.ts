import { basename } from "node:path";
import { importFileInvalid } from "../errors.ts";
import type { ColumnName, Mapping } from "../mapping/mapping.ts";
import type { Cells, SourceRow } from "./source-row.ts";
import { checkFile, RECORD_CHARACTERS_MAX, textBlocks } from "./source-text.ts";

/** The rows of an NDJSON file: a document a line, or, by the mapping's `lines`, the elements of an array in it. */
export async function* ndjsonRows(file: string, mapping: Mapping): AsyncGenerator<SourceRow> {
  await checkFile(file);
  const cellsOf = cellReader(mapping);
  let row = 0;
  for await (const line of textLines(file)) {
    if (line.trim() === "") continue;
    const document = parsed(line);
    if (document === undefined) {
      yield { row: ++row, cells: {}, fault: "json-unreadable" };
      continue;
    }
    const elements = mapping.lines === undefined ? [undefined] : valueAt(document, mapping.lines);
    if (!Array.isArray(elements) || elements.length === 0) {
      yield { row: ++row, cells: cellsOf(document, undefined), fault: "lines-missing" };
      continue;
    }
    for (const element of elements) yield { row: ++row, cells: cellsOf(document, element) };
  }
  if (row === 0) throw importFileInvalid(`${basename(file)} is empty`);
}

/** Lines without their ends. A document that is too long is a fault of the file, as it is in CSV. */
async function* textLines(file: string): AsyncGenerator<string> {
  const name = basename(file);
  let rest = "";
  let count = 0;
  for await (const block of textBlocks(file, name)) {
    const lines = (rest + block).split("\n");
    rest = lines.pop() ?? "";
    for (const line of [...lines, ...(rest.length > RECORD_CHARACTERS_MAX ? [rest] : [])]) {
      count++;
      if (line.length > RECORD_CHARACTERS_MAX) {
        throw importFileInvalid(`${name}: line ${count} is longer than ${RECORD_CHARACTERS_MAX} characters`);
      }
    }
    yield* lines;
  }
  yield rest;
}

/** Undefined for what is no JSON object. */
function parsed(line: string): object | undefined {
  try {
    const document: unknown = JSON.parse(line);
    return typeof document === "object" && document !== null && !Array.isArray(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function cellReader({ columns, lines, decimalMark }: Mapping): (document: object, element: unknown) => Cells {
  const below = lines === undefined ? undefined : `${lines}.`;
  const readers = Object.entries(columns).map(([name, column]) => {
    const key = name as ColumnName; // its keys are the schema's
    if (typeof column !== "string") return [key, () => column?.constant ?? ""] as const;
    const isBelow = below !== undefined && column.startsWith(below);
    const path = isBelow ? column.slice(below.length) : column;
    return [
      key,
      (document: object, element: unknown) => textOf(valueAt(isBelow ? element : document, path), decimalMark),
    ] as const;
  });
  return (document, element) => Object.fromEntries(readers.map(([key, read]) => [key, read(document, element)]));
}

/** At a path of names with points between; a name that has points itself is found as a whole. */
function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Readonly<Record<string, unknown>>)[path]; // it has it
  const point = path.indexOf(".");
  return point < 0 ? undefined : valueAt(valueAt(value, path.slice(0, point)), path.slice(point + 1));
}

/** Numbers are written as the mapping reads them; what holds others is no text. */
function textOf(value: unknown, decimalMark: string): string {
  if (typeof value === "number") return String(value).replace(".", decimalMark);
  return typeof value === "string" || typeof value === "boolean" ? String(value).trim() : "";
}
