import { DBOS } from "@dbos-inc/dbos-sdk";

/** Opens the peer's engine on a database; see Peer in bench/peers.ts. */
export async function open(url) {
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, runAdminServer: false, logLevel: "error" });
  const add = async (total, by) => total + by;
  const three = DBOS.registerWorkflow(
    async (start) => {
      const one = await DBOS.runStep(() => add(start, 1), { name: "one" });
      const two = await DBOS.runStep(() => add(one, 2), { name: "two" });
      return DBOS.runStep(() => add(two, 3), { name: "three" });
    },
    { name: "three" },
  );
  await DBOS.launch();
  return {
    workflow: async (start) => {
      const result = await three(start);
      if (result !== start + 6) throw new Error(`the workflow gave ${result}`);
    },
  };
}
