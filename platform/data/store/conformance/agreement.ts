import assert from "node:assert/strict";
import type { ListRows, Row, Store, StoredEvent } from "../port.ts";
import type { ModelEvent, ModelRow, StoreModel } from "./model.ts";
import { NAMES } from "./random-units.ts";

const PREFIXES = ["", "a", "a%", "é", "z"] as const;
const LIMITS = [1, 2, 1_000] as const;

/** The store holds what the model holds, by every read. `times`: when each committed unit was recorded. */
export async function agreesOn(store: Store, model: StoreModel, times: ReadonlyMap<string, number>): Promise<void> {
  await agreesOnStreams(store, model, times);
  await agreesOnLog(store, model);
  await agreesOnKeys(store, model);
  await agreesOnRows(store, model);
  await agreesOnDueAndLeases(store, model);
  for (const { id, position } of model.committed) {
    const recordedAt = times.get(id);
    assert.deepEqual(await store.outcome(id), {
      outcome: "committed",
      position,
      recordedAt,
      versions: [],
      tokens: [],
      isRepeated: true,
    });
  }
  assert.equal(await store.outcome("never"), undefined);
  assert.deepEqual(await store.check(), []);
}

async function agreesOnStreams(store: Store, model: StoreModel, times: ReadonlyMap<string, number>): Promise<void> {
  for (const name of NAMES) {
    for (const as of ["fact", "work"] as const) {
      const stream = `order-${name}`;
      const expected = model.events.filter((event) => event.as === as && event.stream === stream);
      assert.equal(await store.streamVersion(stream, as), expected.length);
      const read = await store.readStream(stream, { as });
      agreesOnEvents(read, expected);
      for (const event of read) assert.equal(event.recordedAt, times.get(event.id.slice(0, event.id.lastIndexOf("/"))));
      agreesOnEvents(await store.readStream(stream, { as, from: 2, limit: 2 }), expected.slice(1, 3));
      agreesOnEvents(await store.readStream(stream, { as, direction: "backwards" }), expected.toReversed());
      agreesOnEvents(await store.readStream(stream, { as, direction: "backwards", from: 2 }), expected.slice(0, 2).reverse());
    }
  }
}

function agreesOnEvents(read: readonly StoredEvent[], expected: readonly ModelEvent[]): void {
  assert.deepEqual(
    read.map(({ id, stream, version, position, type }) => ({ id, stream, version, position, type })),
    expected.map(({ id, stream, version, position, type }) => ({ id, stream, version, position, type })),
  );
}

async function agreesOnLog(store: Store, model: StoreModel): Promise<void> {
  const facts = model.events.filter((event) => event.as === "fact");
  assert.equal((await store.head()).position, facts.length);
  const filters = [
    {},
    { types: ["a", "T"] },
    { categories: ["order"] },
    { categories: ["bill"] },
    { types: ["é"], categories: ["order"] },
  ];
  for (const filter of filters) {
    const { types, categories } = { types: undefined, categories: undefined, ...filter };
    const expected = facts.filter((event) => (types?.includes(event.type) ?? true) && (categories?.includes("order") ?? true));
    for (const limit of LIMITS) {
      const read: StoredEvent[] = [];
      for (let after = 0; after < facts.length;) {
        const page = await store.readLog({ ...filter, after, limit });
        assert.ok(page.scannedTo > after);
        read.push(...page.events);
        after = page.scannedTo;
      }
      agreesOnEvents(read, expected);
    }
  }
  for (const correlation of NAMES) {
    const own = model.events.filter((event) => event.correlation === correlation);
    const work = own.filter((event) => event.as === "work").sort((a, b) => byBytes(a.stream, b.stream) || a.version - b.version);
    agreesOnEvents(await store.readCorrelation(correlation), [...own.filter((event) => event.as === "fact"), ...work]);
  }
}

async function agreesOnKeys(store: Store, model: StoreModel): Promise<void> {
  for (const name of NAMES) assert.equal(await store.getKey(name), model.key(name));
  for (const prefix of PREFIXES) {
    const expected = model.keys.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => byBytes(a.key, b.key));
    assert.deepEqual(await store.listKeys(prefix), expected);
    const after = expected[0]?.key;
    if (after !== undefined) assert.deepEqual(await store.listKeys(prefix, { after, limit: 2 }), expected.slice(1, 3));
  }
}

interface Entry {
  readonly entry: string;
  readonly row: ModelRow;
}

async function agreesOnRows(store: Store, model: StoreModel): Promise<void> {
  for (const index of [undefined, "by", "a", "none"]) {
    for (const prefix of PREFIXES) {
      const expected = entriesOf(model.rows, index)
        .filter(({ entry }) => entry.startsWith(prefix))
        .sort((a, b) => byBytes(a.entry, b.entry) || byBytes(a.row.key, b.row.key));
      const list: ListRows = { collection: "things", prefix, ...(index === undefined ? {} : { index }) };
      assert.equal(await store.countRows(list, 3), Math.min(3, expected.length));
      for (const limit of LIMITS) {
        agreesOnListing(await listed(store, { ...list, limit }), expected);
        agreesOnListing(await listed(store, { ...list, limit, direction: "backwards" }), expected.toReversed());
      }
    }
  }
  for (const key of NAMES) {
    const row = await store.getRow("things", key);
    const expected = model.rows.find((each) => each.key === key);
    assert.deepEqual(row && contentOf(row), expected && contentOf(expected));
  }
}

function entriesOf(rows: readonly ModelRow[], index: string | undefined): Entry[] {
  return rows.flatMap((row) => {
    const entries = index === undefined ? [row.key] : (row.index[index] ?? []);
    return entries.filter((entry, n) => entries.indexOf(entry) === n).map((entry) => ({ entry, row }));
  });
}

async function listed(store: Store, list: ListRows): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let page = await store.listRows(list); ; page = await store.listRows({ ...list, after: page.next })) {
    rows.push(...page.rows);
    if (page.next === undefined) return rows;
    assert.ok(rows.length < 10_000, "each page goes on behind the one before");
  }
}

function agreesOnListing(read: readonly Row[], expected: readonly Entry[]): void {
  assert.deepEqual(
    read.map(contentOf),
    expected.map(({ row }) => contentOf(row)),
  );
}

function contentOf({ collection, key, value, revision, position }: ModelRow | Row): unknown {
  return { collection, key, value, revision, position };
}

async function agreesOnDueAndLeases(store: Store, model: StoreModel): Promise<void> {
  const items = model.items.toSorted((a, b) => a.at - b.at || byBytes(a.id, b.id));
  for (const until of [0, 1, 3]) {
    const expected = items.filter((item) => item.at <= until);
    assert.deepEqual(await store.listDue("queue", until), expected);
    const [first, ...others] = expected;
    assert.deepEqual(await store.listDue("queue", until, { limit: 2 }), expected.slice(0, 2));
    if (first) assert.deepEqual(await store.listDue("queue", until, { after: first }), others);
  }
  for (const name of NAMES) {
    assert.deepEqual(await store.getDue("queue", name), model.item("queue", name));
    const lease = await store.getLease(name);
    const expected = model.lease(name);
    assert.deepEqual([lease?.token, lease?.isRunning], [expected?.token, expected?.isRunning]);
    if (expected?.isRunning) assert.equal(lease?.owner, expected.owner);
  }
}

/** The order of the contract, by a way of its own. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
