import { createHash } from "node:crypto";
import { join } from "node:path";
import { archive } from "@daybook/data/event-store/archiver";
import { sealPending } from "@daybook/data/event-store/seal";
import type { Store } from "@daybook/data/store";
import { archivedStore, type ArchivedStore } from "@daybook/data/store/archive/archived-store";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { sqliteFactRemoval } from "@daybook/data/store/sqlite/fact-removal";
import { segmentFolder } from "@daybook/data/store/sqlite/segment-folder";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";

const UNITS = 3_000;
const LONG_STREAMS = 7;

export async function openLog(folder: string): Promise<ArchivedStore> {
  const hot = await sqliteStore({ file: join(folder, "daybook.db") });
  return archivedStore({ hot, place: segmentFolder(join(folder, "cold")), clock: systemClock });
}

/** All that is sealed, but for the last seal. */
export async function archiveLog(store: ArchivedStore, folder: string) {
  const rule = { ageMs: 0, factsLeast: 1, factsMax: 3_000 };
  return archive({ ...partsOf(store), openRemoval: () => sqliteFactRemoval(join(folder, "daybook.db")), rule });
}

function partsOf<One extends Store>(store: One) {
  return { store, clock: systemClock, ids: idSource(systemClock, systemRandom()), owner: "embedded" };
}

/** Short streams and long ones, sealed. */
export async function fillLog(store: Store): Promise<void> {
  const event = { type: "Counted", schemaVersion: 1, data: `{"text":"${"x".repeat(200)}"}` };
  const append = (stream: string, count: number) =>
    ({ kind: "append", stream, events: Array.from({ length: count }, () => event) }) as const;
  const units = Array.from({ length: UNITS }, (_, n) => ({
    id: `unt_${String(n).padStart(6, "0")}`,
    cause: { correlation: `cor_${n >> 2}`, actor: "usr_1", tenant: "shop" },
    conditions: [],
    effects: [append(`order-${n}`, 1), append(`stock-${n % LONG_STREAMS}`, 2)],
  }));
  await Promise.all(units.map((unit) => store.commit(unit)));
  await sealPending(partsOf(store), { isFinal: true });
}

/** A digest of what readers are told: the log, the long streams, and some of the short ones and of the cases. */
export async function toldOf(store: Store): Promise<string> {
  const hash = createHash("sha256");
  const tell = (what: unknown) => void hash.update(JSON.stringify(what));
  const { position: head } = await store.head();
  for (let after = 0; after < head;) {
    const page = await store.readLog({ after });
    tell([page, await store.readDigests({ after })]);
    after = page.scannedTo;
  }
  for (let n = 0; n < LONG_STREAMS; n++) {
    tell([await store.readStream(`stock-${n}`), await store.readStream(`stock-${n}`, { direction: "backwards", limit: 20 })]);
  }
  for (let n = 0; n < UNITS; n += 50) tell([await store.readStream(`order-${n}`), await store.readCorrelation(`cor_${n >> 2}`)]);
  return hash.digest("hex");
}
