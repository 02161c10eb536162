import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { loadState, type Folded } from "@daybook/data/event-store/fold";
import type { RecordedEvent } from "@daybook/data/event-store/event";
import type { Executed } from "@daybook/data/cqrs/aggregates";
import { money } from "@daybook/kernel/money";
import { codeOf, execution, mugs, trialOrders, type TrialOrders } from "./conformance/trial.ts";
import { cancelOrder, getOrder, importOrder, type PlacedOrRefused } from "./contract.ts";
import type { OrderEvent } from "./events.ts";
import { orderRow, ORDERS } from "./order-row.ts";
import { orderDecider, type Order } from "./order.ts";
import type { OrderingService } from "./service.ts";

/** Something that is asked of one of two orders, in one of two processes, under one of few keys or none. */
interface Request {
  readonly process: number;
  readonly orderId: string;
  readonly what:
    | { readonly kind: "place"; readonly pieces: number }
    | { readonly kind: "cancel"; readonly by: string | undefined };
  readonly key: string | undefined;
  readonly expectedVersion: number | undefined;
}

type Step =
  | { readonly kind: "together"; readonly requests: readonly Request[] }
  | { readonly kind: "crash"; readonly process: number };

const optional = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
const process = fc.integer({ min: 0, max: 1 });
const request: fc.Arbitrary<Request> = fc.record({
  process,
  orderId: fc.constantFrom("1", "2"),
  what: fc.oneof(
    fc.record({ kind: fc.constant("place" as const), pieces: fc.integer({ min: 1, max: 2 }) }),
    fc.record({ kind: fc.constant("cancel" as const), by: fc.constantFrom(undefined, "cus_1", "cus_1", "cus_2") }),
  ),
  key: optional(fc.constantFrom("k1", "k2", "k3", "k4")),
  expectedVersion: optional(fc.integer({ min: 0, max: 2 })),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("together"), requests: fc.array(request, { minLength: 1, maxLength: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash"), process }) },
);
const life = fc.array(step, { minLength: 6, maxLength: 16 });

interface Answered {
  readonly request: Request;
  readonly executed: Executed<PlacedOrRefused>;
}

/** Lives through the steps; requests of one step are made at once. */
async function live(orders: TrialOrders, steps: readonly Step[]): Promise<readonly Answered[]> {
  const processes = [orders.service, orders.another()];
  const answered: Answered[] = [];
  for (const one of steps) {
    orders.clock.advance(1);
    if (one.kind === "crash") processes[one.process] = orders.another();
    else answered.push(...(await Promise.all(one.requests.map((each) => ask(processes[each.process] as OrderingService, each)))));
  }
  return answered;
}

async function ask(service: OrderingService, request: Request): Promise<Answered> {
  const { orderId, what, key, expectedVersion } = request;
  const idempotency =
    key === undefined
      ? undefined
      : { principal: "usr_1", operation: what.kind, key, content: `${orderId} ${JSON.stringify(what)}` };
  const around = execution({ idempotency, expectedVersion });
  const executed =
    what.kind === "place"
      ? service.commands.dispatch(importOrder, importOf(orderId, what.pieces), around)
      : service.commands.dispatch(cancelOrder, { orderId, reason: "late", customerId: what.by }, around);
  return { request, executed: (await executed) as Executed<PlacedOrRefused> };
}

function importOf(orderId: string, pieces: number) {
  const origin = { source: "old shop", number: orderId };
  return { orderId, customerId: "cus_1", currency: "GBP", placedAt: 1_000, origin, lines: [mugs(pieces)] };
}

async function eventsOf(orders: TrialOrders, orderId: string): Promise<readonly RecordedEvent<OrderEvent>[]> {
  return orders.events.read<OrderEvent>(`order-${orderId}`);
}

/** The oracle: what the events say, without the code under test. */
function statusAfter(events: readonly RecordedEvent<OrderEvent>[]): string {
  const types = events.map(({ event }) => event.type).join(" ");
  const statuses: Readonly<Record<string, string>> = {
    "": "absent",
    OrderPlaced: "placed",
    "OrderPlaced OrderCancelled": "cancelled",
  };
  const status = statuses[types];
  assert.ok(status !== undefined, `an order's events are ${types}`);
  return status;
}

/** Answers that changed something, by what they made: each event has exactly one, and each of them one event. */
function checkEffects(orderId: string, answered: readonly Answered[], events: readonly RecordedEvent<OrderEvent>[]): void {
  const done = answered.filter(({ request, executed }) => {
    return request.orderId === orderId && executed.kind === "answered" && !executed.isReplayed && executed.answer.kind === "done";
  });
  const made = done.map(({ request, executed }) => {
    assert.ok(executed.kind === "answered" && executed.answer.kind === "done");
    if (request.expectedVersion !== undefined) assert.equal(executed.answer.version, request.expectedVersion + 1);
    return `${executed.answer.version} ${request.what.kind}`;
  });
  const expected = events.map(({ version, event }) => `${version} ${event.type === "OrderPlaced" ? "place" : "cancel"}`);
  assert.deepEqual(made.toSorted(), expected);
}

function checkKeys(answered: readonly Answered[]): void {
  const byKey = Map.groupBy(
    answered.filter(({ request, executed }) => request.key !== undefined && executed.kind === "answered"),
    ({ request }) => `${request.what.kind} ${request.key}`,
  );
  for (const [key, same] of byKey) {
    const texts = new Set(same.map(({ executed }) => executed.kind === "answered" && JSON.stringify(executed.answer)));
    assert.equal(texts.size, 1, `one answer under ${key}`);
    assert.equal(
      same.filter(({ executed }) => executed.kind === "answered" && !executed.isReplayed).length,
      1,
      `one execution under ${key}`,
    );
  }
}

void describe("laws of orders", () => {
  void test("law 13: whatever is asked, together, twice or after crashes, no order breaks its rules", async () => {
    const seen = new Map<string, number>();
    const property = fc.asyncProperty(life, async (steps) => {
      const orders = trialOrders();
      const answered = await live(orders, steps);
      for (const { executed } of answered) {
        const kind = executed.kind === "answered" ? codeOf(executed.answer) : executed.kind;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
      for (const orderId of ["1", "2"]) {
        const events = await eventsOf(orders, orderId);
        statusAfter(events);
        checkEffects(orderId, answered, events);
      }
      checkKeys(answered);
      await orders.store.close();
    });
    await fc.assert(property, { numRuns: 150 });
    for (const kind of ["done", "order-exists", "order-not-found", "illegal-transition", "stale", "keyReused"]) {
      assert.ok((seen.get(kind) ?? 0) > 10, `${kind} was seen ${seen.get(kind) ?? 0} times`);
    }
  });

  void test("laws 2 and 3: rows, states and answers at any version are the fold of the events", async () => {
    let changed = 0;
    const property = fc.asyncProperty(life, async (steps) => {
      const orders = trialOrders();
      await live(orders, steps);
      for (const orderId of ["1", "2"]) {
        const events = await eventsOf(orders, orderId);
        const row = await orders.store.getRow(ORDERS, orderId);
        const folded = fold(events);
        const [expected] = orderRow(orderId, folded);
        assert.equal(row?.value, expected?.kind === "putRow" ? expected.value : undefined, "the inline row");
        assert.equal(row?.position ?? 0, events.at(-1)?.position ?? 0);
        for (const { version } of events) await checkVersion(orders, orderId, fold(events.slice(0, version)));
        changed += events.length;
      }
      await orders.store.close();
    });
    await fc.assert(property, { numRuns: 60 });
    assert.ok(changed > 60, `${changed} events`);
  });

  void test("law 1: an order from a snapshot is the order from its events", async () => {
    const orders = trialOrders();
    await live(orders, [{ kind: "together", requests: [place("1")] }]);
    const { state } = await loadState(orders.events, orderDecider, "order-1");
    assert.ok(state.status === "placed");
    const events = await eventsOf(orders, "1");
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state, "a state is plain data: a snapshot says all of it");
    assert.deepEqual(fold(events), { state, version: 1 });
    assert.deepEqual(state.total, money(850n, "GBP"));
  });
});

function place(orderId: string): Request {
  return { process: 0, orderId, what: { kind: "place", pieces: 1 }, key: undefined, expectedVersion: undefined };
}

function fold(events: readonly RecordedEvent<OrderEvent>[]): Folded<Order> {
  const state = events.reduce((folded, { event }) => orderDecider.evolve(folded, event), orderDecider.initial);
  return { state, version: events.length };
}

async function checkVersion(orders: TrialOrders, orderId: string, expected: Folded<Order>): Promise<void> {
  const { version } = expected;
  assert.deepEqual(await loadState(orders.events, orderDecider, `order-${orderId}`, { version }), expected);
  const shown = await orders.service.queries.dispatch(getOrder, { orderId, version }, execution());
  assert.deepEqual([shown?.status, shown?.version], [expected.state.status, version]);
}
