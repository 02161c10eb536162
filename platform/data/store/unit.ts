/**
 * A unit of work, as data. It is committed whole or refused whole. Its conditions are checked in the order given
 * against the state that the units before it left; once all hold, its effects cannot fail.
 */
export interface Unit {
  /**
   * Chosen by the caller before the first try, unique for ever, rising for locality (`idSource`). Committing the same
   * id again changes nothing and gives the first verdict's positions: that is how an unknown outcome is resolved.
   */
  readonly id: string;
  readonly cause: UnitCause;
  readonly conditions: readonly Condition[];
  /** Applied in the order given; of two that touch the same row, key or due item the later one counts. */
  readonly effects: readonly Effect[];
}

/** Recorded on every event of the unit (see `Cause` in the kernel; `causation` defaults to the unit's id). */
export interface UnitCause {
  readonly correlation: string;
  readonly causation?: string;
  readonly actor: string;
  readonly tenant: string;
  readonly trace?: string;
  /** The program or component that wrote it. */
  readonly source?: string;
}

/** Facts are kept for ever, sealed and in the global order; work is neither, and can be deleted after its end. */
export type StreamKind = "fact" | "work";

export type Condition =
  /** The stream's version (number of events ever appended); 0 means that it does not exist. Facts and work apart. */
  | { readonly kind: "version"; readonly stream: string; readonly as?: StreamKind; readonly is: number }
  | { readonly kind: "exists"; readonly stream: string; readonly as?: StreamKind }
  /** An expired key is absent. `value` compares the text: a checkpoint is a key whose value is still n. */
  | { readonly kind: "keyAbsent"; readonly key: string }
  | { readonly kind: "keyPresent"; readonly key: string }
  | { readonly kind: "keyValue"; readonly key: string; readonly value: string }
  /** A due item is as it was read: its revision, 0 for absent. */
  | { readonly kind: "due"; readonly queue: string; readonly id: string; readonly revision: number }
  /** The lease is held under exactly this fencing token and has not run out by the store's clock. */
  | { readonly kind: "leaseHeld"; readonly name: string; readonly token: number }
  /** Nobody else holds the lease: it is free, has run out, or `owner` holds it. */
  | { readonly kind: "leaseFree"; readonly name: string; readonly owner: string };

export type Effect =
  | { readonly kind: "append"; readonly stream: string; readonly as?: StreamKind; readonly events: readonly NewEvent[] }
  /** Deletes a stream of work with its events; its version starts at 0 again. */
  | { readonly kind: "deleteWork"; readonly stream: string }
  /** `index`: entries under which the row is listed, by index name; they replace those of the row's last put. */
  | {
      readonly kind: "putRow";
      readonly collection: string;
      readonly key: string;
      readonly value: string;
      readonly index?: RowIndex;
    }
  | { readonly kind: "deleteRow"; readonly collection: string; readonly key: string }
  /** `expiresAt`: epoch milliseconds by the store's clock; from then on the key is absent, and is removed later. */
  | { readonly kind: "putKey"; readonly key: string; readonly value: string; readonly expiresAt?: number }
  | { readonly kind: "deleteKey"; readonly key: string }
  /** Puts or moves a due item; its revision rises by one, from 1. Do not use an id again after `finish`. */
  | { readonly kind: "schedule"; readonly queue: string; readonly id: string; readonly at: number; readonly payload: string }
  | { readonly kind: "finish"; readonly queue: string; readonly id: string }
  /** Takes or extends: the token rises unless `owner` holds the lease already. Needs `leaseFree` for lease and owner. */
  | { readonly kind: "takeLease"; readonly name: string; readonly owner: string; readonly ttlMs: number }
  /** Frees the lease; its token stays used. Needs `leaseHeld` for the same lease. */
  | { readonly kind: "freeLease"; readonly name: string };

export type RowIndex = Readonly<Record<string, readonly string[]>>;

export interface NewEvent {
  readonly type: string;
  readonly schemaVersion: number;
  /** Canonical JSON text. */
  readonly data: string;
  /** Business time, epoch milliseconds, when it differs from the time of recording. */
  readonly occurredAt?: number;
}

export type Verdict = Committed | Refused | Unknown;

/** The unit is durable. */
export interface Committed {
  readonly outcome: "committed";
  /** The log's head after the unit: a reader who has seen it has seen the unit. */
  readonly position: number;
  /** Epoch milliseconds given by the store; never decreases along positions. */
  readonly recordedAt: number;
  /** Version of each stream of the unit after it, in the order of its append effects. Empty for a repeated unit. */
  readonly versions: readonly number[];
  /** Fencing token of each `takeLease`, in order. Empty for a repeated unit: read the lease. */
  readonly tokens: readonly number[];
  /** The id had been committed before; nothing was done now. */
  readonly isRepeated: boolean;
}

/** A condition did not hold; nothing of the unit happened, and the state that refused it is durable. */
export interface Refused {
  readonly outcome: "refused";
  /** Index of the first condition that did not hold. */
  readonly condition: number;
  /** What was found instead: the version, revision, key's value, lease's token (leaseHeld) or owner (leaseFree); undefined for absent. */
  readonly actual: string | number | undefined;
}

/** Whether the unit happened is not known (connection lost, failed sync). Committing the same id again resolves it. */
export interface Unknown {
  readonly outcome: "unknown";
  readonly cause: unknown;
}
