import type { ColumnName } from "../mapping/mapping.ts";

/** A row as it stands in the file, by the mapping's own names of columns. */
export interface SourceRow {
  /** Of the data, from 1. */
  readonly row: number;
  readonly cells: Cells;
  /** Why it cannot be read as a row. */
  readonly fault?: RowFault | undefined;
}

export type RowFault = "columns-differ" | "json-unreadable" | "lines-missing";
export type Cells = Readonly<Partial<Record<ColumnName, string>>>;
