import { runProjection, type RunningProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore, type EventStore } from "@daybook/data/event-store/event-store";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import { startSealer, type Sealer } from "@daybook/data/event-store/seal";
import { searchSecret, soleMasterKey } from "@daybook/data/event-store/master-keys";
import { subjectKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { overSegments } from "@daybook/data/store/archive/archived-store";
import type { SegmentPlace } from "@daybook/data/store/archive/segment-place";
import { Segments } from "@daybook/data/store/archive/segments";
import type { Engine } from "@daybook/data/store/engine";
import { gatheredStore } from "@daybook/data/store/gather";
import type { Clock } from "@daybook/kernel/clock";
import { idSource, type IdSource } from "@daybook/kernel/ids";
import { below } from "@daybook/kernel/random";
import { jsonLog } from "@daybook/foundation/log";
import type { Life } from "@daybook/testing/simulation/life";
import type { StoreRecord } from "@daybook/testing/simulation/recorded-store";
import { oneIn, type World } from "@daybook/testing/simulation/world";
import { contexts, EVENT_TYPES, OWNERS, type Contexts, type Outside, type Work } from "../../shop/roles.ts";
import { tallyProjection } from "./tally.ts";

/** One process of the shop, above its engine: everything in it dies with its life. */
export interface ShopProcess {
  readonly life: Life;
  readonly clock: Clock;
  readonly store: Store;
  readonly events: EventStore;
  readonly ids: IdSource;
  readonly shop: Contexts;
  readonly work: Work;
  readonly projections: readonly FollowedProjection[];
  readonly sealer: Sealer;
}

/** A projection, what it is about, and how far it says that it has come. */
export interface FollowedProjection extends LogFilter {
  readonly running: RunningProjection;
}

export interface ShopProcessParts {
  readonly world: World;
  readonly life: Life;
  readonly engine: Engine;
  readonly record: StoreRecord;
  /** Keys of data subjects: a store of its own that is never at fault here. */
  readonly keyStore: Store;
  /** Of leases: as in service.ts, of an embedded store the same for every life. */
  readonly owner: string;
  readonly outside: Outside;
  /** Where old facts are, when they are archived. */
  readonly cold?: SegmentPlace | undefined;
}

/** Nobody logs in: sessions cost time of a thread pool. */
const NO_FILE = "/nowhere";
const SESSION_KEYS = { current: NO_FILE, previous: NO_FILE, next: NO_FILE };

/** Shorter than in life, where it is minutes and hours; reservations are kept longer than any order is tried here. */
export const WAITS = { askAfterMs: 45_000, quietMs: 45_000, reservedForMs: 400_000 } as const;

/** The key under which personal data is sealed in simulations. */
export const MASTER_KEY = new Uint8Array(32).fill(7);
const SEARCH_SECRET = searchSecret(MASTER_KEY);

export function startShopProcess(parts: ShopProcessParts): ShopProcess {
  const { world, life, engine, record, keyStore, owner, outside, cold } = parts;
  const random = world.random(life.name);
  const clock = life.clock(world.clock, below(random, 400) - 200);
  const ids = idSource(clock, random);
  const hot = gatheredStore(engine, { clock, owners: OWNERS, resolveWithinMs: 800 });
  const store = record.over(cold ? overSegments(hot, new Segments({ hot, place: cold, clock, ageMaxMs: 0 })) : hot, life.name);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.word() & 0xff);
  const keys = subjectKeys(keyStore, soleMasterKey(MASTER_KEY), ids, { clock, random: bytes });
  const events = eventStore(store, EVENT_TYPES, keys);
  const shop = contexts({
    events,
    clock,
    ids,
    random,
    owner,
    outside,
    searchSecret: SEARCH_SECRET,
    sessionKeys: SESSION_KEYS,
    isReadOnly: true,
    waits: WAITS,
    log: jsonLog({ clock, level: "silent" }),
  });
  const isSmall = oneIn(random, 3);
  const tuning = {
    pageSize: isSmall ? 1 + below(random, 3) : 8 + below(random, 40),
    skipsMax: isSmall ? 5 : 60,
    leaseMs: 4_000,
    pollMs: 1_500,
  };
  const followed = [...shop.projections, tallyProjection];
  return {
    life,
    clock,
    store,
    events,
    ids,
    shop,
    work: shop.startWork(),
    projections: followed.map((one) => ({
      ...(one.categories && { categories: one.categories }),
      ...(one.types && { types: one.types }),
      running: runProjection<unknown, never>(one, { events, clock, ids, owner, tuning }),
    })),
    sealer: startSealer({ store, clock, ids, owner, everyMs: 700 }),
  };
}
