import { PgBoss } from "pg-boss";

/** Opens the peer's queue in a schema of its own; see Peer in bench/peers.ts. */
export async function open(url) {
  const boss = new PgBoss({ connectionString: url, schema: `pgboss_${process.pid}`, supervise: false, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue("jobs");
  return {
    job: async (data) => {
      await boss.send("jobs", data);
      let [job] = await boss.fetch("jobs");
      while (!job) [job] = await boss.fetch("jobs"); // others had locked what there was
      await boss.complete("jobs", job.id);
    },
  };
}
