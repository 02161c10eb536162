import type { Clock } from "@daybook/kernel/clock";
import type { Money } from "@daybook/kernel/money";
import type { Product } from "@daybook/shop-catalog/contract";
import type { ImportOrder } from "@daybook/shop-ordering/contract";
import type { StageMetrics } from "@daybook/flow/dataflow";
import type { Mapping } from "./mapping/mapping.ts";

/** The shop that takes the orders: a running server, or one in this process. Repeating a call changes nothing. */
export interface ImportTarget {
  /** Lists those that are missing. */
  list(products: readonly Product[]): Promise<void>;
  /**
   * Places each, or finds it placed before; answers in the order given. One that says how it is paid is carried out; what it
   * needs for that is there before.
   */
  place(orders: readonly ImportOrder[]): Promise<readonly Placement[]>;
  /** Waits until all of them have ended; answers in the order given. */
  ended(orderIds: readonly string[], signal: AbortSignal): Promise<readonly OrderEnd[]>;
  /**
   * Has pieces come back, those of one order in the order given, and waits until money and stock are where they belong; answers
   * in the order given.
   */
  giveBack(returns: readonly ImportReturn[], signal: AbortSignal): Promise<readonly ReturnEnd[]>;
}

interface Refused {
  readonly outcome: "refused";
  readonly code: string;
  readonly message: string;
}

export type Placement = { readonly outcome: "placed" | "exists" } | Refused;

/** `fulfilled`: handed over to the carrier. */
export interface OrderEnd {
  readonly end: "fulfilled" | "cancelled" | "failed";
  /** Of one that was not fulfilled: what was charged all the same, and given back. */
  readonly charged?: Money | undefined;
  readonly refunded?: Money | undefined;
}

/** One return for one key, for ever. */
export interface ImportReturn {
  readonly key: string;
  readonly orderId: string;
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly returnedAt: number;
  readonly origin: { readonly source: string; readonly number: string };
}

export type ReturnEnd = { readonly outcome: "completed"; readonly amount: Money } | Refused;

export interface ImportOptions {
  readonly file: string;
  readonly mapping: Mapping;
  readonly target: ImportTarget;
  readonly clock: Clock;
  /** Orders under way at once. The result does not depend on it. */
  readonly concurrency: number;
  /** Orders are placed without a payment, and are not carried out; credit notes are listed. */
  readonly isPlaceOnly?: boolean;
  /** Begins nothing once aborted, waits for the calls under way, then rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** What each stage did, at the end. */
  readonly onEnd?: ((stages: readonly StageMetrics[]) => void) | undefined;
}

export interface ImportProgress {
  /** That are done with. */
  readonly rows: number;
  readonly rowsTotal: number;
  /** Orders that are done with, at their end or only placed: placed now, and found there. */
  readonly placed: number;
  readonly existing: number;
  /** Returns that are completed, of so many. */
  readonly returned: number;
  readonly returnsTotal: number;
  readonly rejected: number;
  readonly first?: Rejection | undefined;
}

/** A row that became no line of an order in the store, and no return. `row`: of the data, from 1; the header does not count. */
export interface Rejection {
  readonly row: number;
  readonly stage: Stage;
  readonly reason: string;
}

export type Stage = "parse" | "clean" | "map" | "place" | "match" | "return";

/** What became of a file: the same for an import at one go and one that was resumed. */
export interface ImportReport {
  readonly rows: number;
  /** Orders of the file that are in the store at the end, whether placed by this run or before, and how they ended. */
  readonly orders: {
    readonly placed: number;
    readonly fulfilled: number;
    readonly cancelled: number;
    readonly failed: number;
    /** Of the fulfilled ones, those of which something came back. */
    readonly returned: number;
  };
  /** Returns that are completed. */
  readonly refunds: number;
  /** By row. */
  readonly rejected: readonly Rejection[];
  /** By currency, as decimal text: the sum of those orders, what was charged for them, and what was given back. */
  readonly money: Readonly<Record<string, Sums>>;
}

export interface Sums {
  readonly ordered: string;
  readonly charged: string;
  readonly refunded: string;
}
