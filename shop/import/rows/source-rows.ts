import type { Mapping } from "../mapping/mapping.ts";
import { csvRows } from "./csv-rows.ts";
import { ndjsonRows } from "./ndjson-rows.ts";
import type { SourceRow } from "./source-row.ts";

const CHUNK = 100;

/**
 * The rows of a file, in chunks. Throws `import-file-missing`, and `import-file-invalid` for a folder, an empty file, bytes
 * that are no UTF-8 text, a header without a column of the mapping, a torn quote, a huge record.
 */
export async function* sourceRows(file: string, mapping: Mapping): AsyncGenerator<readonly SourceRow[]> {
  const rows = mapping.format === "csv" ? csvRows(file, mapping) : ndjsonRows(file, mapping);
  let chunk: SourceRow[] = [];
  for await (const row of rows) {
    if (chunk.push(row) < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
