import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import postgres from "postgres";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { postgresStore } from "@daybook/data/store/postgres";
import { systemClock as clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { startPostgres } from "../../tools/engines/postgres.ts";
import { ADA, CHEAP, codeOf, outcomeOf, PASSWORD } from "./conformance/trial.ts";
import { registerCustomer } from "./contract.ts";
import { customerEvents } from "./events.ts";
import { customersService } from "./service.ts";

test("of a thousand who register one name at once over two connections to PostgreSQL, one wins", async () => {
  const { url } = await startPostgres();
  const schema = `customers_${process.pid}`;
  const stores = [await postgresStore({ url, schema }), await postgresStore({ url, schema })] as const;
  const keys = memoryKeys();
  const random = systemRandom();
  const file = (name: string) => join(tmpdir(), `daybook-none-${name}`); // nobody logs in here
  const [one, other] = stores.map((store) => {
    const parts = { events: eventStore(store, customerEvents, keys), clock, ids: idSource(clock, random), random };
    return customersService({
      ...parts,
      searchSecret: new Uint8Array(32),
      sessionKeys: { current: file("current"), previous: file("previous"), next: file("next") },
      tenant: "shop",
      hasOpenOrders: async () => false,
      passwordCost: CHEAP,
    });
  });
  assert.ok(one && other);
  const outcomes = await Promise.all(
    Array.from({ length: 1_000 }, async (_, n) => {
      const profile = { ...ADA, email: `ada${n}@example.org` };
      return codeOf(await outcomeOf(n % 2 === 0 ? one : other, registerCustomer, { profile, password: PASSWORD }));
    }),
  );
  const [{ rows }, names] = await Promise.all([stores[0].listRows({ collection: "customers" }), stores[0].listKeys("name/")]);
  for (const store of stores) await store.close();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop schema "${schema}" cascade`);
  await sql.end();
  assert.equal(outcomes.filter((code) => code === "done").length, 1);
  assert.equal(outcomes.filter((code) => code === "user-name-taken").length, 999);
  assert.deepEqual([rows.length, names.length], [1, 2]);
});
