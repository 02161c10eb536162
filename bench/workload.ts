import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import type { Effect, Unit, UnitCause } from "@daybook/data/store/unit";

/** A unit of one fact, as business code hands it over; raw contenders store the same bytes of it. */
export interface OneFact {
  readonly unitId: string;
  readonly stream: string;
  /** The version that it gets. */
  readonly version: number;
  readonly type: string;
  /** 200 bytes of canonical JSON. */
  readonly data: string;
  readonly cause: UnitCause;
}

/** Where the facts go; of orders each to a fresh stream, with a row and an answer beside it. */
export type Streams = "fresh" | "long" | "hot" | "orders";

const DATA_BYTES = 200;
const LONG_STREAMS = 512;

/** Makes facts, each with ids of its own that rise with time; processes at one log need seeds of their own. */
export function factSource(streams: Streams, seed = 26): () => OneFact {
  const random = seededRandom(seed);
  const id = idSource(systemClock, random);
  const places = streamPlaces(streams, () => id("ord"));
  return () => {
    const { stream, version } = places();
    const correlation = id("req");
    const customer = id("cus");
    const trace = Array.from({ length: 4 }, () => random.word().toString(16).padStart(8, "0")).join("");
    const cause = { correlation, actor: `customer:${customer}`, tenant: "main", trace, source: "bench" };
    return { unitId: id("unit"), stream, version, type: "OrderPlaced", data: orderText(customer, random.word()), cause };
  };
}

function streamPlaces(streams: Streams, newId: () => string): () => { stream: string; version: number } {
  if (streams === "fresh" || streams === "orders") return () => ({ stream: `order-${newId()}`, version: 1 });
  const names = Array.from({ length: streams === "hot" ? 1 : LONG_STREAMS }, () => `order-${newId()}`);
  let made = 0;
  return () => {
    const stream = names[made % names.length] ?? "";
    return { stream, version: Math.floor(made++ / names.length) + 1 };
  };
}

/** An order's data, filled up to 200 bytes. */
export function orderText(customer: string, word: number): string {
  const order = {
    customer,
    lines: [{ quantity: (word % 9) + 1, sku: `sku-${word % 100_000}` }],
    note: "",
    total: word % 1_000_000,
  };
  const length = JSON.stringify(order).length;
  return JSON.stringify({ ...order, note: "x".repeat(Math.max(0, DATA_BYTES - length)) });
}

/** The same as Daybook takes it; with the version before it as a condition when `isExpected`. */
export function unitOf(fact: OneFact, isExpected: boolean): Unit {
  const { unitId, stream, version, type, data, cause } = fact;
  return {
    id: unitId,
    cause,
    conditions: isExpected ? [{ kind: "version", stream, is: version - 1 }] : [],
    effects: [{ kind: "append", stream, events: [{ type, schemaVersion: 1, data }] }],
  };
}

/** What placing an order commits beside its event: the row that shows it, and the answer under the request's key. */
export interface OrderParts {
  readonly row: Extract<Effect, { kind: "putRow" }> & { readonly index: Readonly<Record<string, readonly string[]>> };
  readonly answer: Extract<Effect, { kind: "putKey" }> & { readonly expiresAt: number };
}

const NEVER = 4_000_000_000_000;

export function orderPartsOf({ stream, unitId, version, data, cause }: OneFact): OrderParts {
  const key = stream.slice("order-".length);
  const index = { placed: [`${cause.correlation} ${key}`], status: [`placed ${key}`] };
  const answer = `{"orderId":"${key}","version":${version}}`;
  return {
    row: { kind: "putRow", collection: "orders", key, value: data, index },
    answer: { kind: "putKey", key: `answer/${unitId}`, value: answer, expiresAt: NEVER },
  };
}

/** The same as Daybook takes it. */
export function orderUnitOf(fact: OneFact): Unit {
  const { conditions, effects, ...rest } = unitOf(fact, true);
  const { row, answer } = orderPartsOf(fact);
  return { ...rest, conditions: [...conditions, { kind: "keyAbsent", key: answer.key }], effects: [...effects, row, answer] };
}

/** `count` of what `make` makes. */
export function many<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, () => make());
}
