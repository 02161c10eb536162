import { access } from "node:fs/promises";
import { join } from "node:path";
import { waitFor, type Reached } from "@daybook/data/cqrs/read-model";
import { restingProjection } from "@daybook/data/cqrs/resting-projection";
import { runProjection, type ProjectionStatus, type RunningProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore, type EventStore } from "@daybook/data/event-store/event-store";
import { loadOrCreateKeyFile } from "@daybook/data/event-store/key-file";
import { hasMasterKey, openMasterKeys, type MasterKeys } from "@daybook/data/event-store/master-keys";
import { loadMasterKeys, rotateMasterKey, type MasterKeyFiles } from "@daybook/data/event-store/rotate-master-key";
import { startSealer, type Sealer } from "@daybook/data/event-store/seal";
import { subjectKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { archivedStore, type ArchivedStore } from "@daybook/data/store/archive/archived-store";
import { memoryStore } from "@daybook/data/store/memory";
import { postgresStore } from "@daybook/data/store/postgres";
import { postgresFactRemoval } from "@daybook/data/store/postgres/fact-removal";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { sqliteFactRemoval } from "@daybook/data/store/sqlite/fact-removal";
import { segmentFolder } from "@daybook/data/store/sqlite/segment-folder";
import { lockDataFolder, makeDataFolder, readOwner, type DataLock } from "@daybook/data/store/sqlite/data-lock";
import { jsonLog, type Log } from "@daybook/foundation/log";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { idSource, type IdSource } from "@daybook/kernel/ids";
import { systemRandom, type Random } from "@daybook/kernel/random";
import { Archive, type ArchiveParts } from "./archive.ts";
import { KeyRotation } from "./key-rotation.ts";
import type { Partners } from "./partners.ts";
import { Rebuilds } from "./rebuilds.ts";
import { contexts, EVENT_TYPES, OWNERS, TENANT, type Contexts, type Work } from "./roles.ts";
import { keysMissing, noShopHere } from "./errors.ts";
import { storeAddress, type StoreAddress } from "./store-address.ts";

export interface ShopOptions {
  /** The data folder: made when missing, mode 0700. It holds the keys, and the store unless that is elsewhere. */
  readonly data: string;
  /** `sqlite` (default), `memory` (nothing is kept), or the URL of a PostgreSQL database, with `?schema=` for a tenant's. */
  readonly store?: string | undefined;
  /** The folder of segments of old facts, which all processes of one store reach; `cold` in the data folder unless given. */
  readonly cold?: string | undefined;
  /** Facts that are older, in days, are archived once a day; `never`: on request only. */
  readonly archiveAfter?: number | "never";
  /** The world outside; without it orders are taken and kept, and nothing is carried out. */
  readonly partners?: Partners | undefined;
  /** Opens what is there for reading, also beside the process that owns it. Makes nothing. */
  readonly isReadOnly?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Silent unless given. */
  readonly log?: Log;
}

/** The shop's contexts over one store, without an edge. */
export interface Shop extends Omit<Contexts, "startWork" | "close" | "projections"> {
  readonly store: Store;
  /** Holds the keys of data subjects. */
  readonly keyStore: Store;
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Opens every route; made on the first start. */
  readonly developmentToken: string;
  /** Ownership of the data folder; undefined for readers and shared stores. */
  readonly lock: DataLock | undefined;
  /** Starts what works by itself: projections, the sealer, and what carries orders out. */
  startBackground(): void;
  /** What carries orders out, while it runs in this process. */
  work(): Work | undefined;
  /** Those that run in this process. */
  projections(): readonly ProjectionStatus[];
  /** All of them, by what the store says. */
  restingProjections(): Promise<readonly ProjectionStatus[]>;
  /** Waits until all read models show everything up to `position`, at most `timeoutMs`; answers the one that is last. */
  whenShown(position: number, timeoutMs: number): Promise<Reached>;
  /** Rebuilds of running projections. */
  readonly rebuilds: Rebuilds;
  /** Exchanges the master key. */
  readonly keyRotation: KeyRotation;
  /** Of old facts; a store in memory has none. */
  readonly archive: Archive | undefined;
  /** Stops the background work, then the stores. Idempotent. */
  close(): Promise<void>;
}

/** Files of a data folder. */
export const FILES = {
  store: "daybook.db",
  keys: "keys.db",
  masterKey: "master.key",
  /** There while the master key is exchanged. */
  nextMasterKey: "master.next.key",
  developmentKey: "development.key",
  sessionKeys: ["session.key", "session.previous.key", "session.next.key"],
  /** Folder of segments of old facts. */
  cold: "cold",
} as const;

/** Who does what nobody asked for: seeding, upkeep. */
export const SYSTEM_CONTEXT: Context = { correlationId: "cor_system", actor: "sys_daybook", tenant: TENANT };

/** Opens the shop of a data folder. Rejects with the coded errors of the stores, `store-unknown` and `no-shop-here`. */
export async function openShop(options: ShopOptions): Promise<Shop> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom();
  const ids = idSource(clock, random);
  const opened = await openStores(options, clock, ids);
  try {
    return await compose({ ...options, clock, random }, opened, ids);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface OpenedStores {
  readonly store: ArchivedStore;
  readonly keyStore: Store;
  readonly masterKeys: MasterKeys;
  readonly lock: DataLock | undefined;
  close(): Promise<void>;
}

async function openStores(options: ShopOptions, clock: Clock, ids: IdSource): Promise<OpenedStores> {
  const { data, isReadOnly = false } = options;
  const address = storeAddress(options.store);
  const { kind } = address;
  if (!isReadOnly) await makeDataFolder(data);
  if (kind === "sqlite") await checkFiles(data, isReadOnly);
  const lock = kind === "postgres" || isReadOnly ? undefined : lockDataFolder(data, clock);
  const closing: (() => Promise<void>)[] = lock ? [async () => lock.release()] : [];
  const close = async () => {
    for (const each of closing.splice(0).reverse()) await each();
  };
  try {
    const keyStore = await openKeyStore(options, address, clock);
    closing.push(() => keyStore.close());
    const store = await openMainStore(options, address, clock);
    closing.push(() => store.close());
    await checkKeys(keyStore, store);
    const masterKeys = await openMasterKey(options, keyStore, ids, clock);
    return { store, keyStore, masterKeys, lock, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Before anything is made: a reader needs a shop, and a shop's keys are made before its store. */
async function checkFiles(data: string, isReadOnly: boolean): Promise<void> {
  const [hasStore, hasKeys] = await Promise.all([FILES.store, FILES.keys].map((file) => isThere(join(data, file))));
  if (isReadOnly && !hasStore) throw noShopHere(`there is no ${FILES.store} in ${data}`);
  if (hasStore && !hasKeys) throw keysMissing(`there is ${FILES.store} in ${data}, and no ${FILES.keys}`);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** New keys would make all personal data look erased, and nobody would hear of it. */
async function checkKeys(keyStore: Store, store: Store): Promise<void> {
  const [key] = await keyStore.listKeys("", { limit: 1 });
  if (key === undefined && (await store.head()).position > 0) throw keysMissing("the store has facts, that of its keys is empty");
}

/** A master key is made for a shop that has sealed nothing yet, never for one whose key got lost. */
async function openMasterKey(
  { data, isReadOnly = false }: ShopOptions,
  store: Store,
  ids: IdSource,
  clock: Clock,
): Promise<MasterKeys> {
  const files = masterKeyFiles(data);
  const isNeverMade = isReadOnly || (await hasMasterKey(store));
  const first = () => loadOrCreateKeyFile(files.master, 32, { isReadOnly: isNeverMade, ids });
  return openMasterKeys({ store, load: () => loadMasterKeys(files, first), ids, clock, isReadOnly });
}

function sessionKeyFiles(data: string) {
  const [current, previous, next] = FILES.sessionKeys;
  return { current: join(data, current), previous: join(data, previous), next: join(data, next) };
}

function masterKeyFiles(data: string): MasterKeyFiles {
  return { master: join(data, FILES.masterKey), next: join(data, FILES.nextMasterKey) };
}

async function openMainStore(options: ShopOptions, address: StoreAddress, clock: Clock): Promise<ArchivedStore> {
  const hot = await openHotStore(options, address, clock);
  try {
    return await archivedStore({ hot, place: segmentFolder(options.cold ?? join(options.data, FILES.cold)), clock });
  } catch (error) {
    await hot.close();
    throw error;
  }
}

function openHotStore(options: ShopOptions, address: StoreAddress, clock: Clock): Promise<Store> | Store {
  const { data, isReadOnly = false } = options;
  if (address.kind === "postgres") return postgresStore({ url: address.url, schema: address.schema, owners: OWNERS, clock });
  if (address.kind === "memory") return memoryStore({ owners: OWNERS, clock });
  return sqliteStore({ file: join(data, FILES.store), readOnly: isReadOnly, owners: OWNERS, clock });
}

/** Subject keys have a file or schema of their own, so that it can have a backup rule of its own. */
function openKeyStore({ data, isReadOnly = false }: ShopOptions, address: StoreAddress, clock: Clock): Promise<Store> | Store {
  if (address.kind === "postgres") return postgresStore({ url: address.url, schema: address.keySchema, clock });
  if (address.kind === "memory") return memoryStore({ clock });
  return sqliteStore({ file: join(data, FILES.keys), readOnly: isReadOnly, secureDelete: true, clock });
}

async function compose(
  options: ShopOptions & { readonly clock: Clock; readonly random: Random },
  opened: OpenedStores,
  ids: IdSource,
): Promise<Shop> {
  const { store, keyStore, masterKeys, lock } = opened;
  const { data, clock, random, isReadOnly = false } = options;
  if (isReadOnly && storeAddress(options.store).kind === "sqlite" && (await store.head()).position === 0 && !readOwner(data)) {
    throw noShopHere(`${data} holds no orders`);
  }
  const key = await loadOrCreateKeyFile(join(data, FILES.developmentKey), 32, { isReadOnly, ids });
  const events = eventStore(store, EVENT_TYPES, subjectKeys(keyStore, masterKeys, ids, { clock }));
  const owner = ownerName(store, ids);
  const { startWork, close, projections, ...services } = contexts({
    events,
    clock,
    ids,
    random,
    owner,
    searchSecret: masterKeys.searchSecret,
    sessionKeys: sessionKeyFiles(data),
    isReadOnly,
    log: options.log ?? jsonLog({ clock, level: "silent" }),
    partners: options.partners,
  });
  const archive = archiveOf(options, { store, clock, ids, owner });
  const background = new Background({ events, projections, startWork, clock, ids, owner, archive });
  const keyRotation = new KeyRotation((more) =>
    rotateMasterKey({ store: keyStore, keys: masterKeys, files: masterKeyFiles(data), clock, ids, owner, ...more }),
  );
  return {
    store,
    keyStore,
    events,
    ...services,
    clock,
    ids,
    random,
    developmentToken: `dbk_${Buffer.from(key).toString("base64url")}`,
    lock,
    startBackground: () => background.start(),
    work: () => background.work,
    projections: () => background.statuses(),
    restingProjections: () => Promise.all(background.projections.map((each) => restingProjection(store, each))),
    async whenShown(position, timeoutMs) {
      const all = await Promise.all(background.projections.map((each) => waitFor(store, each, position, timeoutMs, clock)));
      return { isReached: all.every(({ isReached }) => isReached), lag: Math.max(...all.map(({ lag }) => lag)) };
    },
    rebuilds: new Rebuilds(background.running),
    keyRotation,
    archive,
    async close() {
      await Promise.all([background.stop(), keyRotation.stop(), archive?.stop()]);
      await close();
      await opened.close();
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1_000;

function archiveOf(options: ShopOptions, parts: Pick<ArchiveParts, "store" | "clock" | "ids" | "owner">): Archive | undefined {
  const { data, archiveAfter = 90, log = jsonLog({ clock: parts.clock, level: "silent" }) } = options;
  const address = storeAddress(options.store);
  if (address.kind === "memory") return undefined;
  const openRemoval = () =>
    address.kind === "postgres" ? postgresFactRemoval(address) : sqliteFactRemoval(join(data, FILES.store));
  return new Archive({ ...parts, openRemoval, log, ageMs: archiveAfter === "never" ? undefined : archiveAfter * DAY_MS });
}

/** Of leases: the only writer of an embedded store takes them up again after a restart; others wait until they run out. */
function ownerName(store: Store, ids: IdSource): string {
  return store.capabilities.isShared ? ids("prc") : "embedded";
}

interface BackgroundParts {
  readonly events: EventStore;
  readonly projections: Contexts["projections"];
  readonly startWork: Contexts["startWork"];
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly owner: string;
  readonly archive: Archive | undefined;
}

/** What works by itself beside the requests. */
class Background {
  readonly running = new Map<string, RunningProjection>();
  readonly projections: Contexts["projections"];
  work: Work | undefined;
  private sealer: Sealer | undefined;
  private readonly parts: BackgroundParts;

  constructor(parts: BackgroundParts) {
    this.parts = parts;
    this.projections = parts.projections;
  }

  start(): void {
    const { events, clock, ids, owner } = this.parts;
    for (const each of this.projections) {
      this.running.set(each.name, runProjection(each, { events, clock, ids, owner, tuning: { gatherMs: 25 } }));
    }
    this.sealer = startSealer({ store: events.store, clock, ids, owner });
    this.work = this.parts.startWork();
    this.parts.archive?.startDaily();
  }

  statuses(): readonly ProjectionStatus[] {
    return [...this.running.values()].map((projection) => projection.status());
  }

  async stop(): Promise<void> {
    await this.work?.stop();
    this.work = undefined;
    await Promise.all([...this.running.values()].map((projection) => projection.stop()));
    this.running.clear();
    await this.sealer?.stop();
    this.sealer = undefined;
  }
}
