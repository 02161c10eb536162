import type { StoreReads } from "../port.ts";
import type { TransferRecord, TransferTableName } from "../transfer-tables.ts";

/** Where segments are kept. Rejects with `segment-unreachable` and `segment-damaged`, which name the file. */
export interface SegmentPlace {
  has(file: string): boolean;
  /** Makes a file of records as they move (transfer-tables.ts). It appears whole and durable, and replaces nothing. */
  write(file: string, content: AsyncIterable<SegmentPage>): Promise<void>;
  /** Size and SHA-256 of the whole file. */
  describe(file: string): Promise<FileDescription>;
  open(file: string): Promise<SegmentReads>;
  /** The file with its folder, for a reader. */
  shown(file: string): string;
}

export interface FileDescription {
  readonly bytes: number;
  readonly digest: string;
}

export interface SegmentPage {
  readonly table: TransferTableName;
  readonly records: readonly TransferRecord[];
}

/** A segment is read as a store is. */
export interface SegmentReads extends Pick<
  StoreReads,
  "head" | "readLog" | "readDigests" | "readStream" | "readCorrelation" | "listRows"
> {
  close(): Promise<void>;
}

/**
 * Takes facts out of a store, below the contract of port.ts: nobody may look for them there any more. It is for what has them
 * elsewhere, and for nothing else.
 */
export interface FactRemoval {
  /**
   * Removes the facts from one position to another, both included, with their cases, durably with the store's next unit. Of each
   * stream whose last fact goes, a marker stays: an event without data that keeps the stream's version. Ranges are removed in
   * order, each wholly or not at all; one that was removed stays so.
   */
  remove(from: number, to: number): Promise<void>;
  close(): Promise<void>;
}
