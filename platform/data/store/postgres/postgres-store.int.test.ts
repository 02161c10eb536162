import postgres from "postgres";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { storeModelConformance } from "../conformance-model.ts";
import { storeConformance } from "../conformance.ts";
import type { Store } from "../port.ts";
import { postgresStore } from "./postgres-store.ts";

const { url } = await startPostgres();
let opened = 0;

async function openTrial() {
  const schema = `conformance_${process.pid}_${++opened}`;
  const stores: Store[] = [];
  const open = async () => {
    const store = await postgresStore({ url, schema });
    stores.push(store);
    return store;
  };
  const store = await open();
  return {
    store,
    reopen: async () => {
      await stores.at(-1)?.close();
      return open();
    },
    sibling: open,
    destroy: async () => {
      for (const each of stores) await each.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
    },
  };
}

storeConformance("postgresStore", openTrial);
storeModelConformance("postgresStore", openTrial, { runs: 60 });
