import { postgresStore } from "@daybook/data/store/postgres";
import postgres from "postgres";
import { startPostgres } from "../../tools/engines/postgres.ts";
import { workflowConformance } from "./conformance.ts";

const { url } = await startPostgres();
let opened = 0;

workflowConformance("PostgreSQL", async () => {
  const schema = `workflow_${process.pid}_${++opened}`;
  const store = await postgresStore({ url, schema });
  const destroy = async () => {
    await store.close();
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(`drop schema "${schema}" cascade`);
    await sql.end();
  };
  return { store, destroy };
});
