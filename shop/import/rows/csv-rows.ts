import { basename } from "node:path";
import { CsvError, parse } from "csv-parse";
import { importFileInvalid } from "../errors.ts";
import type { ColumnName, Mapping } from "../mapping/mapping.ts";
import type { Cells, SourceRow } from "./source-row.ts";
import { checkFile, RECORD_CHARACTERS_MAX, textBlocks } from "./source-text.ts";

/** The rows of a CSV file behind its header, one at a time. */
export async function* csvRows(file: string, mapping: Mapping): AsyncGenerator<SourceRow> {
  await checkFile(file);
  const name = basename(file);
  const records = parse({
    delimiter: mapping.delimiter,
    quote: mapping.quote,
    escape: mapping.escape,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARACTERS_MAX,
  });
  const source = textBlocks(file, name);
  const feeding = feed(source, records);
  let header: Header | undefined;
  let row = 0;
  try {
    // Without `columns`, records are arrays.
    for await (const record of records as AsyncIterable<readonly string[]>) {
      if (header) yield rowOf(++row, record, header);
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
  readonly cells: (record: readonly string[]) => Cells;
}

function headerOf(record: readonly string[], { columns }: Mapping, name: string): Header {
  const titles = record.map((title) => title.trim());
  const all = Object.entries(columns) as [ColumnName, Mapping["columns"]["number"]][]; // its keys are the schema's
  const wanted = all.flatMap(([key, column]) => (typeof column === "string" ? [[key, column] as const] : []));
  const missing = wanted.filter(([, title]) => !titles.includes(title)).map(([, title]) => title);
  const twice = wanted.find(([, title]) => titles.indexOf(title) !== titles.lastIndexOf(title));
  if (missing.length > 0) throw importFileInvalid(`${name} has no column ${missing.join(", ")}; it has ${shown(titles)}`);
  if (twice) throw importFileInvalid(`${name} has the column ${twice[1]} twice`);
  const constants = all.flatMap(([key, column]) => (typeof column === "string" ? [] : [[key, column.constant] as const]));
  const at = wanted.map(([key, title]) => [key, titles.indexOf(title)] as const);
  const cells = (cellsOf: readonly string[]): Cells =>
    Object.fromEntries([...constants, ...at.map(([key, index]) => [key, (cellsOf[index] ?? "").trim()] as const)]);
  return { width: record.length, cells };
}

function rowOf(row: number, record: readonly string[], { width, cells }: Header): SourceRow {
  return { row, cells: cells(record), ...(record.length !== width && { fault: "columns-differ" }) };
}

function shown(titles: readonly string[]): string {
  return titles
    .slice(0, 20)
    .join(", ")
    .slice(0, 200)
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

function csvFault(error: CsvError, row: number): string {
  if (error.code === "CSV_MAX_RECORD_SIZE") return `row ${row + 1} is longer than ${RECORD_CHARACTERS_MAX} characters`;
  if (error.code === "CSV_QUOTE_NOT_CLOSED") return `a quote is opened and not closed, after row ${row}`;
  return `after row ${row}: ${error.message}`;
}

function ignore(): void {}
