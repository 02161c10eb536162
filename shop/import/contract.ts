import type { ImportOrder } from "@daybook/shop-ordering/contract";
import type { Mapping } from "./mapping.ts";

/** Where orders are placed: through a running server, or in this process. */
export interface OrderSink {
  /** Places each, or finds it placed before; answers in the order given. Repeating a call changes nothing. */
  place(orders: readonly ImportOrder[]): Promise<readonly Placement[]>;
}

export type Placement =
  | { readonly outcome: "placed" | "exists" }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string };

export interface ImportOptions {
  readonly file: string;
  readonly mapping: Mapping;
  readonly sink: OrderSink;
  /** Orders under way at once. The result does not depend on it. */
  readonly concurrency: number;
  /** Reads no further once aborted, waits for what is under way, then rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

export interface ImportProgress {
  readonly rows: number;
  readonly rowsTotal: number;
  /** In the store: placed now, and found there. */
  readonly placed: number;
  readonly existing: number;
  readonly rejected: number;
  readonly first?: Rejection | undefined;
}

/** A row that became no line of an order in the store. `row`: of the data, from 1; the header does not count. */
export interface Rejection {
  readonly row: number;
  readonly stage: Stage;
  readonly reason: string;
}

export type Stage = "parse" | "clean" | "map" | "place";

/** What became of a file: the same for an import at one go and one that was resumed. */
export interface ImportReport {
  readonly rows: number;
  /** Orders of the file that are in the store at the end, whether placed by this run or before. */
  readonly orders: { readonly placed: number };
  /** By row. */
  readonly rejected: readonly Rejection[];
  /** By currency: the sum of those orders, as decimal text. */
  readonly money: Readonly<Record<string, { readonly ordered: string }>>;
}
