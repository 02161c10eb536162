import type { CleanRow } from "./clean-row.ts";

/** How many rows each number has: all that is kept of a file while it is read a second time. */
export class RowIndex {
  private readonly rowsOf = new Map<string, number>();
  /** Data rows of the file. */
  total = 0;

  add(number: string): void {
    this.rowsOf.set(number, (this.rowsOf.get(number) ?? 0) + 1);
    this.total++;
  }

  rows(number: string): number {
    return this.rowsOf.get(number) ?? 0;
  }
}

/** The lines of one order, in the order of the file. */
export interface OrderGroup {
  readonly number: string;
  readonly lines: readonly CleanRow[];
}

interface OpenGroup {
  seen: number;
  readonly lines: CleanRow[];
}

/**
 * Gathers rows by number. A group is given out with its last row, so that only orders whose rows lie apart are held; the
 * index says which row is the last.
 */
export class OrderGroups {
  private readonly open = new Map<string, OpenGroup>();
  private readonly index: RowIndex;

  constructor(index: RowIndex) {
    this.index = index;
  }

  /** The whole group when this was its last row. `line`: undefined when the row is no line of an order. */
  add(number: string, line: CleanRow | undefined): OrderGroup | undefined {
    const group = this.open.get(number) ?? { seen: 0, lines: [] };
    group.seen++;
    if (line) group.lines.push(line);
    if (group.seen < this.index.rows(number)) {
      this.open.set(number, group);
      return undefined;
    }
    this.open.delete(number);
    return group.lines.length === 0 ? undefined : { number, lines: group.lines };
  }

  /** Groups that still wait for rows: none at the end of the file that was indexed. */
  get waiting(): number {
    return this.open.size;
  }
}
