import type { Capabilities, StoreReads } from "./port.ts";
import type { Condition, Effect, NewEvent, StreamKind, Verdict } from "./unit.ts";

/**
 * What an adapter implements: apply a batch, and read. Gathering, verdicts for callers, back-pressure and
 * stop-on-failure are gather.ts, the same for every engine.
 */
export interface Engine extends StoreReads {
  readonly capabilities: Capabilities;
  /** See `Store`. */
  readonly opening?: number;
  /**
   * Applies the units as if one after another and resolves, with one verdict a unit, when all of it is durable.
   * Rejects with `batch-not-applied` when surely nothing of the batch happened (it may be tried again); with anything
   * else when that is not known.
   */
  apply(batch: readonly EncodedUnit[]): Promise<readonly Verdict[]>;
  /** Calls `listener` when another process may have moved the head. Answers a way to stop. */
  onForeignCommit?(listener: () => void): () => void;
  close(): Promise<void>;
}

/** A unit, checked and ready to be written. */
export interface EncodedUnit {
  readonly id: string;
  readonly correlation: string;
  readonly conditions: readonly Condition[];
  readonly effects: readonly EncodedEffect[];
  /** What it adds to a batch, in bytes of text. */
  readonly bytes: number;
}

export type EncodedEffect = Exclude<Effect, { kind: "append" }> | EncodedAppend;

export interface EncodedAppend {
  readonly kind: "append";
  readonly stream: string;
  readonly as: StreamKind;
  readonly events: readonly EncodedEvent[];
}

/** Its business time, when it has one, is in `meta`. */
export interface EncodedEvent extends Omit<NewEvent, "occurredAt"> {
  /** Place in the unit, from 0, over all its appends: event id = unit id + "/" + ordinal. */
  readonly ordinal: number;
  readonly meta: string;
  /** In lower-case hex for a fact, empty for work. */
  readonly digest: string;
}
