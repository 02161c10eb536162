import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { archive } from "@daybook/data/event-store/archiver";
import type { Store, StoredEvent } from "@daybook/data/store";
import { archivedStore, type ArchivedStore } from "@daybook/data/store/archive/archived-store";
import { memoryStore, type MemoryEngineOptions } from "@daybook/data/store/memory";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { sqliteFactRemoval } from "@daybook/data/store/sqlite/fact-removal";
import { segmentFolder } from "@daybook/data/store/sqlite/segment-folder";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { FILES, openShop, SYSTEM_CONTEXT, type Shop } from "@daybook/shop/shop";
import {
  cancelOrder,
  importOrder,
  holdOrder,
  placeOrder,
  releaseOrder,
  type ImportOrder,
  type PlacedOrRefused,
  type PlaceOrder,
} from "@daybook/shop-ordering/contract";
import { carriedDay } from "./carried-day.ts";
import { customersDay, customersEvening } from "./customers-day.ts";
import { goodsDay } from "./goods-day.ts";
import { questionsDay } from "./questions-day.ts";
import { returnsDay } from "./returns-day.ts";

/** A small shop on disk for tests of the verification: orders of each kind, several seals, and orders that no seal covers yet. */
export interface TrialShop {
  readonly folder: string;
  /** A copy of the shop with the SQL run on its files. */
  copy(change?: TrialChange): Promise<TrialCopy>;
  destroy(): Promise<void>;
}

export interface TrialChange {
  readonly store?: (db: DatabaseSync) => void;
  readonly keys?: (db: DatabaseSync) => void;
  /** The shop's first facts are archived, before anything else is changed; told the folder of the files. */
  readonly cold?: (folder: string) => void;
}

export interface TrialCopy {
  readonly masterKey: Uint8Array;
  /** Folder of the archive. */
  readonly cold: string;
  /** The copied files, read-only. */
  sqlite(): Promise<{ readonly store: Store; readonly keys: Store }>;
  /** The same records in a memory engine. */
  memory(): { readonly store: Store; readonly keys: Store };
  destroy(): Promise<void>;
}

export async function trialShop(): Promise<TrialShop> {
  const root = await mkdtemp(join(tmpdir(), "daybook-verify-"));
  const folder = join(root, "shop");
  for (const day of [firstDay, secondDay, thirdDay, fourthDay]) await opened(folder, day);
  await customersDay(folder);
  await opened(folder, goodsDay);
  await opened(folder, carriedDay);
  await opened(folder, returnsDay);
  await opened(folder, questionsDay);
  await customersEvening(folder);
  let copies = 0;
  return {
    folder,
    copy: (change) => copied(folder, join(root, `copy-${++copies}`), change ?? {}),
    destroy: () => rm(root, { recursive: true, force: true }),
  };
}

async function opened(folder: string, day: (shop: Shop) => Promise<void>): Promise<void> {
  const shop = await openShop({ data: folder });
  try {
    await day(shop);
  } finally {
    await shop.close();
  }
}

/** Each of the first two days ends with a seal. */
async function firstDay(shop: Shop): Promise<void> {
  await shop.catalogue.seed(SYSTEM_CONTEXT);
  shop.startBackground();
  const contact = { firstName: "Zoë", lastName: "Quill", email: "zoe.quill@example.org" };
  await placed(shop, { customerId: "cus_zoe", contact, items: [{ productId: "teapot", quantity: 2 }] }, "key-1");
  await placed(shop, { contact: { ...contact, lastName: "Guest" }, items: [{ productId: "clock", quantity: 1 }] }, "key-2");
  await imported(shop, "581475", 1_000);
  await shown(shop);
}

async function secondDay(shop: Shop): Promise<void> {
  shop.startBackground();
  const moved = { firstName: "Zoë", lastName: "Fenwick", email: "zoe@fenwick.example" };
  const orderId = await placed(
    shop,
    { customerId: "cus_zoe", contact: moved, items: [{ productId: "candle", quantity: 5 }] },
    "key-3",
  );
  const input = { orderId, reason: "changed her mind" };
  await shop.ordering.commands.dispatch(cancelOrder, input, { context: contextOf("key-4"), render: () => ({ status: 200 }) });
  await imported(shop, "581476", 1_001);
  await shown(shop);
}

/** Nobody seals or projects what happens on this day. */
async function thirdDay(shop: Shop): Promise<void> {
  await placed(shop, { customerId: "cus_tail", items: [{ productId: "apron", quantity: 1 }] }, "key-5");
  await placed(shop, { customerId: "cus_tail", items: [{ productId: "doormat", quantity: 3 }] }, "key-6");
}

/** An order so long that it has a snapshot; and work, due items and leases. Nobody seals or projects this day, either. */
async function fourthDay(shop: Shop): Promise<void> {
  const orderId = await placed(shop, { customerId: "cus_long", items: [{ productId: "apron", quantity: 1 }] }, "key-7");
  for (let n = 0; n < 50; n++) {
    const execution = { context: contextOf(`hold-${n}`), render: () => null };
    await shop.ordering.commands.dispatch(holdOrder, { orderId, reason: "to be looked at" }, execution);
    await shop.ordering.commands.dispatch(releaseOrder, { orderId }, execution);
  }
  const work = { type: "Noted", schemaVersion: 1, data: '{"n":1}' };
  await shop.store.commit({
    id: "unt_work",
    cause: { correlation: "cor_work", actor: "usr_trial", tenant: "default" },
    conditions: [{ kind: "leaseFree", name: "trial", owner: "one" }],
    effects: [
      { kind: "append", stream: "note-1", as: "work", events: [work, work, work] },
      { kind: "schedule", queue: "trial", id: "one", at: 1, payload: '{"n":1}' },
      { kind: "schedule", queue: "trial", id: "two", at: 2, payload: "{}" },
      { kind: "takeLease", name: "trial", owner: "one", ttlMs: 1_000 },
    ],
  });
}

async function placed({ ordering }: Shop, input: PlaceOrder, key: string): Promise<string> {
  let orderId = "";
  const render = (outcome: PlacedOrRefused) => {
    if (outcome.kind === "refused" || outcome.state.status === "absent") return { status: 409, headers: {}, body: "{}" };
    orderId = outcome.state.orderId;
    return { status: 201, headers: {}, body: JSON.stringify({ id: orderId, version: outcome.version }) };
  };
  const idempotency = { principal: "usr_trial", operation: "place-order", key, content: "0".repeat(64) };
  await ordering.commands.dispatch(placeOrder, input, { context: contextOf(key), idempotency, render });
  return orderId;
}

/** Two rows of one product at a price of less than a penny more or less: each was rounded by itself. */
async function imported({ ordering }: Shop, number: string, placedAt: number): Promise<void> {
  const row = { productId: "85123A", name: "Heart", quantity: 3, unitPrice: "2.555", amount: { minor: "766", currency: "GBP" } };
  const origin = { source: "retail", number };
  const input: ImportOrder = { orderId: number, customerId: "17850", currency: "GBP", placedAt, origin, lines: [row, row] };
  await ordering.commands.dispatch(importOrder, input, { context: contextOf(number), render: () => null });
}

async function shown({ store, ordering, clock }: Shop): Promise<void> {
  await waitFor(store, ordering.search, (await store.head()).position, 10_000, clock);
}

function contextOf(id: string) {
  return { correlationId: `cor_${id}`, actor: "usr_trial", tenant: "default" };
}

async function copied(from: string, folder: string, change: TrialChange): Promise<TrialCopy> {
  await cp(from, folder, { recursive: true });
  const [store, keys, cold] = [join(folder, FILES.store), join(folder, FILES.keys), join(folder, FILES.cold)];
  if (change.cold) await archived(store, cold);
  change.cold?.(cold);
  edit(store, change.store);
  edit(keys, change.keys);
  return {
    masterKey: await readFile(join(folder, FILES.masterKey)),
    cold,
    sqlite: async () => ({
      store: await withArchive(await sqliteStore({ file: store, readOnly: true }), cold),
      keys: await sqliteStore({ file: keys, readOnly: true }),
    }),
    memory: () => ({ store: memoryStore({ state: stateOf(store) }), keys: memoryStore({ state: stateOf(keys) }) }),
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
}

/** All that is sealed but for the last seal. */
async function archived(file: string, cold: string): Promise<void> {
  const store = await withArchive(await sqliteStore({ file }), cold);
  const parts = { clock: systemClock, ids: idSource(systemClock, systemRandom()), owner: "embedded" };
  await archive({ ...parts, store, openRemoval: () => sqliteFactRemoval(file), rule: { ageMs: 0, factsLeast: 1 } });
  await store.close();
}

function withArchive(hot: Store, cold: string): Promise<ArchivedStore> {
  return archivedStore({ hot, place: segmentFolder(cold), clock: systemClock });
}

function edit(file: string, change: ((db: DatabaseSync) => void) | undefined): void {
  if (!change) return;
  const db = new DatabaseSync(file);
  change(db);
  db.close();
}

type MemoryState = NonNullable<MemoryEngineOptions["state"]>;
type MemoryRow = NonNullable<ReturnType<NonNullable<ReturnType<MemoryState["rows"]["get"]>>["get"]>>;
type MemoryDue = NonNullable<ReturnType<NonNullable<ReturnType<MemoryState["due"]["get"]>>["get"]>>;
type MemoryLease = NonNullable<ReturnType<MemoryState["leases"]["get"]>>;
type Found = Readonly<Record<string, unknown>>;

/** What a file holds as the state of a memory engine: whatever is wrong in the one is wrong in the other. */
function stateOf(file: string): MemoryState {
  const db = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string): readonly Found[] => db.prepare(sql).all();
  const log = all("SELECT *, unit || '/' || ordinal AS id FROM facts ORDER BY position").map(eventOf);
  const byVersion = [...log].sort((a, b) => a.version - b.version);
  const state: MemoryState = {
    openings: 0,
    epoch: 1,
    recordedAt: systemClock.now(),
    log,
    digests: all("SELECT lower(hex(digest)) AS digest FROM facts ORDER BY position").map(({ digest }) => String(digest)),
    streams: {
      fact: Map.groupBy(byVersion, ({ stream }) => stream),
      work: Map.groupBy(all(WORK).map(eventOf), ({ stream }) => stream),
    },
    units: new Map(all("SELECT * FROM units").map(unitOf)),
    rows: rowsOf(all("SELECT * FROM rows"), all("SELECT * FROM row_index")),
    keys: new Map(
      all("SELECT * FROM keys").map((found) => [String(found["key"]), { value: String(found["value"]), expiresAt: Infinity }]),
    ),
    due: dueOf(all("SELECT * FROM due")),
    leases: new Map(all("SELECT * FROM leases").map(leaseOf)),
  };
  db.close();
  return state;
}

const WORK = "SELECT *, 0 AS position, unit || '/' || ordinal AS id FROM work ORDER BY stream, version";

function dueOf(items: readonly Found[]): MemoryState["due"] {
  const queues: MemoryState["due"] = new Map();
  for (const { queue, id, at, revision, payload } of items) {
    const items = queues.get(String(queue)) ?? new Map<string, MemoryDue>();
    const item = { queue, id, at, revision, payload } as MemoryDue; // a STRICT table
    queues.set(String(queue), items.set(String(id), item));
  }
  return queues;
}

function leaseOf({ name, owner, token, expires_at: expiresAt }: Found): [string, MemoryLease] {
  return [String(name), { owner, token, expiresAt } as MemoryLease]; // a STRICT table
}

function eventOf(found: Found): StoredEvent {
  const { id, position, stream, version, type, schema_version: schemaVersion, recorded_at: recordedAt, data, meta } = found;
  return { id, position, stream, version, type, schemaVersion, recordedAt, data, meta } as StoredEvent; // a STRICT table
}

function unitOf({
  id,
  position,
  recorded_at: recordedAt,
}: Found): [string, NonNullable<ReturnType<MemoryState["units"]["get"]>>] {
  const at = { position: Number(position), recordedAt: Number(recordedAt) };
  return [String(id), { outcome: "committed", ...at, versions: [], tokens: [], isRepeated: false }];
}

function rowsOf(rows: readonly Found[], entries: readonly Found[]): MemoryState["rows"] {
  const collections: MemoryState["rows"] = new Map();
  for (const { id, collection, key, value, revision, position, recorded_at: recordedAt } of rows) {
    const index: Record<string, string[]> = {};
    for (const entry of entries) if (entry["row"] === id) (index[String(entry["name"])] ??= []).push(String(entry["entry"]));
    const inCollection = collections.get(String(collection)) ?? new Map<string, MemoryRow>();
    const row = { collection, key, value, revision, position, recordedAt, index } as MemoryRow; // a STRICT table
    collections.set(String(collection), inCollection.set(String(key), row));
  }
  return collections;
}
