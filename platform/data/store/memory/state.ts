import type { ConditionState } from "../conditions.ts";
import type { DueItem, Lease, Row, StoredEvent } from "../port.ts";
import type { Committed, RowIndex, StreamKind } from "../unit.ts";

export interface MemoryRow extends Row {
  readonly index: RowIndex;
}

interface StoredKey {
  readonly value: string;
  readonly expiresAt: number;
}

interface StoredLease {
  readonly owner: string;
  readonly token: number;
  readonly expiresAt: number;
}

/** Everything that the memory engine holds. Maps are keyed by the names of the contract, joined by a line feed. */
export interface MemoryState {
  /** How often an engine was made over it. */
  openings: number;
  epoch: number;
  recordedAt: number;
  /** All facts; a fact's position is its index + 1. */
  readonly log: StoredEvent[];
  /** Of each fact, in the log's order. */
  readonly digests: string[];
  readonly streams: Record<StreamKind, Map<string, StoredEvent[]>>;
  readonly units: Map<string, Committed>;
  readonly rows: Map<string, Map<string, MemoryRow>>;
  readonly keys: Map<string, StoredKey>;
  readonly due: Map<string, Map<string, DueItem>>;
  readonly leases: Map<string, StoredLease>;
}

export function emptyState(): MemoryState {
  return {
    openings: 0,
    epoch: 1,
    recordedAt: 0,
    log: [],
    digests: [],
    streams: { fact: new Map(), work: new Map() },
    units: new Map(),
    rows: new Map(),
    keys: new Map(),
    due: new Map(),
    leases: new Map(),
  };
}

/** The state as conditions see it at `now`. */
export function conditionState(state: MemoryState, now: number): ConditionState {
  return {
    version: (stream, as) => state.streams[as].get(stream)?.length ?? 0,
    key: (key) => liveKey(state, key, now),
    dueRevision: (queue, id) => state.due.get(queue)?.get(id)?.revision ?? 0,
    lease: (name) => leaseAt(state, name, now),
  };
}

export function liveKey(state: MemoryState, key: string, now: number): string | undefined {
  const stored = state.keys.get(key);
  return stored && stored.expiresAt > now ? stored.value : undefined;
}

export function leaseAt(state: MemoryState, name: string, now: number): Lease | undefined {
  const stored = state.leases.get(name);
  return stored && { name, ...stored, isRunning: stored.expiresAt > now };
}

/** The value of `key`, put there by `make` when it was missing. */
export function getOrPut<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
