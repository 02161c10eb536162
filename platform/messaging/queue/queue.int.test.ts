import postgres from "postgres";
import { systemClock } from "@daybook/kernel/clock";
import type { Store } from "@daybook/data/store";
import { postgresStore } from "@daybook/data/store/postgres";
import { startPostgres } from "../../../tools/engines/postgres.ts";
import { queueConformance } from "./conformance.ts";

const { url } = await startPostgres();
let opened = 0;

queueConformance("queues on PostgreSQL", async () => {
  const schema = `queue_${process.pid}_${++opened}`;
  const stores: Store[] = [];
  const open = async () => {
    const store = await postgresStore({ url, schema });
    stores.push(store);
    return store;
  };
  return {
    store: await open(),
    clock: systemClock,
    sibling: open,
    destroy: async () => {
      for (const store of stores) await store.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
    },
  };
});
