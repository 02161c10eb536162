import assert from "node:assert/strict";
import { errorCode } from "@daybook/kernel/errors";
import type { Store } from "../port.ts";
import type { Committed, Condition, Effect, NewEvent, Refused, Unit } from "../unit.ts";

/** A fresh, empty store and what the suite may do to it. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Durable engines: closes the store last opened and opens it again on the same data. */
  readonly reopen?: () => Promise<Store>;
  /** Shared engines: another process's view of the same data; closed by `destroy`. */
  readonly sibling?: () => Promise<Store>;
  /** Stores that move: closes the store, copies it to another place, and opens it there. */
  readonly moved?: () => Promise<Store>;
  /** Engines that take a clock: lets time pass by it. */
  readonly advance?: (ms: number) => void;
  /** Closes whatever is open and removes the data; also after the suite has closed the store itself. */
  destroy(): Promise<void>;
}

/** Proofs by the sentence that they prove. */
export type Promises = Readonly<Record<string, (trial: StoreUnderTest) => Promise<void>>>;

export interface UnitParts {
  readonly when?: readonly Condition[];
  readonly do?: readonly Effect[];
  readonly correlation?: string;
}

export function unit(id: string, parts: UnitParts = {}): Unit {
  return {
    id,
    cause: { correlation: parts.correlation ?? "cor_1", actor: "usr_1", tenant: "shop" },
    conditions: parts.when ?? [],
    effects: parts.do ?? [],
  };
}

export function event(type = "Happened", data = "{}"): NewEvent {
  return { type, schemaVersion: 1, data };
}

/** An append of `count` facts. */
export function facts(stream: string, count = 1): Effect {
  return { kind: "append", stream, events: numbered(count) };
}

/** An append of `count` events of work. */
export function work(stream: string, count = 1): Effect {
  return { kind: "append", stream, as: "work", events: numbered(count) };
}

function numbered(count: number): readonly NewEvent[] {
  return Array.from({ length: count }, (_, n) => event("Happened", `{"n":${n}}`));
}

export function putRow(collection: string, key: string, index?: Readonly<Record<string, readonly string[]>>): Effect {
  return { kind: "putRow", collection, key, value: `"${key}"`, ...(index && { index }) };
}

export function putKey(key: string, value = "1"): Effect {
  return { kind: "putKey", key, value };
}

export function schedule(queue: string, id: string, at: number, payload = "{}"): Effect {
  return { kind: "schedule", queue, id, at, payload };
}

export async function committed(store: Store, submitted: Unit): Promise<Committed> {
  const verdict = await store.commit(submitted);
  assert.equal(verdict.outcome, "committed", `${submitted.id} is ${JSON.stringify(verdict)}`);
  return verdict;
}

export async function refused(store: Store, submitted: Unit): Promise<Refused> {
  const verdict = await store.commit(submitted);
  assert.equal(verdict.outcome, "refused", `${submitted.id} is ${JSON.stringify(verdict)}`);
  return verdict;
}

/** The unit is refused by its condition `index`, which found `actual`. */
export async function refusedBy(
  store: Store,
  submitted: Unit,
  index: number,
  actual: string | number | undefined,
): Promise<void> {
  assert.deepEqual(await refused(store, submitted), { outcome: "refused", condition: index, actual });
}

export async function rejectsWith(code: string, attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.equal(errorCode(error), code, String(error));
    return true;
  });
}

/** What the store holds under the names that the suite uses most: equal before and after means that nothing happened. */
export async function snapshot(store: Store): Promise<Readonly<Record<string, unknown>>> {
  return {
    head: await store.head(),
    log: (await store.readLog({ after: 0 })).events.map((stored) => stored.id),
    work: (await store.readStream("work-1", { as: "work" })).map((stored) => stored.id),
    rows: (await store.listRows({ collection: "things" })).rows,
    keys: await store.listKeys(""),
    due: await store.listDue("queue", Number.MAX_SAFE_INTEGER),
    lease: await store.getLease("lease"),
  };
}

/** The index of 0 … n−1 as text that sorts like the number. */
export function padded(n: number): string {
  return String(n).padStart(6, "0");
}
