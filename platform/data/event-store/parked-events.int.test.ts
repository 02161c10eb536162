import postgres from "postgres";
import { systemClock } from "@daybook/kernel/clock";
import { postgresStore } from "@daybook/data/store/postgres";
import { startPostgres } from "../../../tools/engines/postgres.ts";
import { parkingConformance } from "./conformance/parking.ts";

const { url } = await startPostgres();
let opened = 0;

parkingConformance("parked events on PostgreSQL", async () => {
  const schema = `parked_${process.pid}_${++opened}`;
  const store = await postgresStore({ url, schema });
  return {
    store,
    clock: systemClock,
    destroy: async () => {
      await store.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
    },
  };
});
