import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { systemClock } from "@daybook/kernel/clock";
import { seededRandom } from "@daybook/kernel/random";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { storeModelConformance } from "../conformance-model.ts";
import { storeConformance } from "../conformance.ts";
import type { Store } from "../port.ts";
import { postgresFactRemoval } from "../postgres/fact-removal.ts";
import { postgresStore } from "../postgres/postgres-store.ts";
import { segmentFolder } from "../sqlite/segment-folder.ts";
import { archivedStore } from "./archived-store.ts";
import { archiving } from "./archiving-trial.ts";
import { GRACE_MS } from "./segments.ts";

const { url } = await startPostgres();
let opened = 0;

/** Between any two looks at it passes the time for which facts are kept beside their segment: the trial removes them at once. */
function hastyClock() {
  let elapsed = 0;
  return { ...systemClock, elapsed: () => (elapsed += GRACE_MS) };
}

async function openTrial() {
  const schema = `archived_${process.pid}_${++opened}`;
  const folder = await mkdtemp(join(tmpdir(), "daybook-archived-"));
  const random = seededRandom(opened);
  const stores: Store[] = [];
  const kept = <T extends Store>(store: T): T => (stores.push(store), store);
  const archived = async () =>
    archivedStore({ hot: await postgresStore({ url, schema }), place: segmentFolder(join(folder, "cold")), clock: hastyClock() });
  const open = async () => kept(archiving({ store: await archived(), removal: postgresFactRemoval({ url, schema }), random }));
  const store = await open();
  return {
    store,
    reopen: async () => {
      await stores.at(-1)?.close();
      return open();
    },
    sibling: async () => kept(await archived()),
    destroy: async () => {
      for (const each of stores) await each.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
      await rm(folder, { recursive: true });
    },
  };
}

storeConformance("postgresStore with an archive", openTrial);
storeModelConformance("postgresStore with an archive", openTrial, { runs: 40 });
