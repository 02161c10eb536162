import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { CsvError, parse } from "csv-parse";
import { messageOf } from "@daybook/kernel/errors";
import { importFileInvalid, importFileMissing } from "./errors.ts";
import type { Mapping } from "./mapping.ts";

/** A data row as it stands in the file, by the mapping's own names of columns. */
export interface CsvRow {
  /** Of the data, from 1. */
  readonly row: number;
  readonly cells: Cells;
  /** The row has as many cells as the header. */
  readonly isComplete: boolean;
}

export type Cells = Readonly<Partial<Record<keyof Mapping["columns"], string>>>;

const RECORD_CHARACTERS_MAX = 100_000;

/**
 * The rows of a file, one at a time. Throws `import-file-missing`, and `import-file-invalid` for a folder, an empty file,
 * bytes that are no UTF-8 text, a header without a column of the mapping, a torn quote, a huge record.
 */
export async function* csvRows(file: string, mapping: Mapping): AsyncGenerator<CsvRow> {
  await checkFile(file);
  const name = basename(file);
  const records = parse({
    delimiter: mapping.delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARACTERS_MAX,
  });
  const source = texts(file, name);
  const feeding = feed(source, records);
  let header: Header | undefined;
  let row = 0;
  try {
    // Without `columns`, records are arrays.
    for await (const record of records as AsyncIterable<readonly string[]>) {
      if (header) yield { row: ++row, cells: cellsOf(record, header), isComplete: record.length === header.width };
      else header = headerOf(record, mapping, name);
    }
    await feeding;
  } catch (error) {
    throw error instanceof CsvError ? importFileInvalid(`${name}: ${csvFault(error, row)}`, { cause: error }) : error;
  } finally {
    records.destroy();
    await feeding.catch(ignore);
    await source.return(undefined);
  }
  if (!header) throw importFileInvalid(`${name} is empty`);
}

async function checkFile(file: string): Promise<void> {
  let isFile = false;
  try {
    isFile = (await stat(file)).isFile();
  } catch (cause) {
    throw importFileMissing(`${file} cannot be found: ${messageOf(cause)}`, { cause });
  }
  if (!isFile) throw importFileInvalid(`${file} is no file`);
}

/** The file's text in blocks. */
async function* texts(file: string, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  // Without an encoding, blocks are bytes.
  for await (const block of createReadStream(file) as AsyncIterable<Uint8Array>) {
    yield readable(() => decoder.decode(block, { stream: true }), name, bytes);
    bytes += block.length;
  }
  yield readable(() => decoder.decode(), name, bytes);
}

function readable(decode: () => string, name: string, bytes: number): string {
  let text = "";
  try {
    text = decode();
  } catch (cause) {
    throw importFileInvalid(`${name} is not UTF-8 text, after byte ${bytes}`, { cause });
  }
  if (text.includes("\0")) throw importFileInvalid(`${name} is no text: it holds NUL characters, after byte ${bytes}`);
  return text;
}

/** Hands the texts to the parser no faster than rows are taken from it. */
async function feed(source: AsyncIterable<string>, records: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const text of source) {
      if (records.destroyed) return;
      if (text !== "" && !records.write(text)) await drained(records);
    }
    records.end();
  } catch (error) {
    records.destroy(error instanceof Error ? error : undefined);
  }
}

function drained(records: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      records.off("drain", go);
      records.off("close", go);
      resolve();
    };
    records.on("drain", go);
    records.on("close", go);
  });
}

interface Header {
  readonly width: number;
  readonly at: readonly (readonly [name: keyof Cells, index: number])[];
}

function headerOf(record: readonly string[], { columns }: Mapping, name: string): Header {
  const titles = record.map((title) => title.trim());
  const wanted = Object.entries(columns) as [keyof Cells, string][]; // its keys are the mapping's
  const missing = wanted.filter(([, title]) => !titles.includes(title)).map(([, title]) => title);
  const twice = wanted.find(([, title]) => titles.indexOf(title) !== titles.lastIndexOf(title));
  if (missing.length > 0) throw importFileInvalid(`${name} has no column ${missing.join(", ")}; it has ${shown(titles)}`);
  if (twice) throw importFileInvalid(`${name} has the column ${twice[1]} twice`);
  return { width: record.length, at: wanted.map(([key, title]) => [key, titles.indexOf(title)]) };
}

function shown(titles: readonly string[]): string {
  return titles
    .slice(0, 20)
    .join(", ")
    .slice(0, 200)
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

function cellsOf(record: readonly string[], { at }: Header): Cells {
  return Object.fromEntries(at.map(([key, index]) => [key, (record[index] ?? "").trim()]));
}

function csvFault(error: CsvError, row: number): string {
  if (error.code === "CSV_MAX_RECORD_SIZE") return `row ${row + 1} is longer than ${RECORD_CHARACTERS_MAX} characters`;
  if (error.code === "CSV_QUOTE_NOT_CLOSED") return `a quote is opened and not closed, after row ${row}`;
  return `after row ${row}: ${error.message}`;
}

function ignore(): void {}
