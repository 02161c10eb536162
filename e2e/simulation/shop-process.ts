import { runProjection, type RunningProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore } from "@daybook/data/event-store/event-store";
import { startSealer, type Sealer } from "@daybook/data/event-store/seal";
import { searchSecret, soleMasterKey } from "@daybook/data/event-store/master-keys";
import { subjectKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import type { Engine } from "@daybook/data/store/engine";
import { gatheredStore } from "@daybook/data/store/gather";
import type { Clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { below } from "@daybook/kernel/random";
import { productEvents } from "@daybook/shop-catalog/events";
import { catalogService, type CatalogService } from "@daybook/shop-catalog/service";
import { orderEvents } from "@daybook/shop-ordering/events";
import { orderingService, type OrderingService } from "@daybook/shop-ordering/service";
import type { Life } from "@daybook/testing/simulation/life";
import type { StoreRecord } from "@daybook/testing/simulation/recorded-store";
import type { World } from "@daybook/testing/simulation/world";
import { tallyProjection } from "./tally.ts";

/** One process of the shop, above its engine: everything in it dies with its life. */
export interface ShopProcess {
  readonly life: Life;
  readonly clock: Clock;
  readonly store: Store;
  readonly catalogue: CatalogService;
  readonly ordering: OrderingService;
  readonly projections: readonly RunningProjection[];
  readonly sealer: Sealer;
}

export interface ShopProcessParts {
  readonly world: World;
  readonly life: Life;
  readonly engine: Engine;
  readonly record: StoreRecord;
  /** Keys of data subjects: a store of its own that is never at fault here. */
  readonly keyStore: Store;
  /** Of leases: the same for every life of one place. */
  readonly owner: string;
}

const OWNERS = { order: "ordering", product: "catalog", note: "notes" };

/** The key under which personal data is sealed in simulations. */
export const MASTER_KEY = new Uint8Array(32).fill(7);

export function startShopProcess({ world, life, engine, record, keyStore, owner }: ShopProcessParts): ShopProcess {
  const random = world.random(life.name);
  const clock = life.clock(world.clock, below(random, 400) - 200);
  const ids = idSource(clock, random);
  const store = record.over(gatheredStore(engine, { clock, owners: OWNERS, resolveWithinMs: 800 }), life.name);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.word() & 0xff);
  const keys = subjectKeys(keyStore, soleMasterKey(MASTER_KEY), ids, { clock, random: bytes });
  const events = eventStore(store, { ...orderEvents, ...productEvents }, keys);
  const catalogue = catalogService({ events, clock, ids });
  const ordering = orderingService({ events, clock, ids, catalogue, searchSecret: searchSecret(MASTER_KEY) });
  const tuning = { pageSize: 1 + below(random, 8), leaseMs: 4_000, pollMs: 500, skipsMax: 5 };
  return {
    life,
    clock,
    store,
    catalogue,
    ordering,
    projections: [ordering.search, tallyProjection].map((one) =>
      runProjection<unknown, never>(one, { events, clock, ids, owner, tuning }),
    ),
    sealer: startSealer({ store, clock, ids, owner, everyMs: 700 }),
  };
}
