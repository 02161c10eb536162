import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import postgres from "postgres";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { postgresStore } from "@daybook/data/store/postgres";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { systemClock as clock } from "@daybook/kernel/clock";
import { startPostgres } from "../../tools/engines/postgres.ts";
import { codeOf, context, orderOf, trialReturns } from "./conformance/trial.ts";

interface Engine {
  /** One store a process; an embedded one has one for all. */
  readonly stores: readonly [Store, Store];
  readonly close: () => Promise<void>;
}

const owners = { return: "returns" };

const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  async memory() {
    const store = memoryStore({ clock, owners });
    return { stores: [store, store], close: () => store.close() };
  },
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), "daybook-returns-"));
    const store = await sqliteStore({ file: join(folder, "daybook.db"), owners, clock });
    return { stores: [store, store], close: () => store.close().then(() => rm(folder, { recursive: true })) };
  },
  async PostgreSQL() {
    const { url } = await startPostgres();
    const schema = `returns_${process.pid}`;
    const stores = [await postgresStore({ url, schema, owners }), await postgresStore({ url, schema, owners })] as const;
    const close = async () => {
      for (const store of stores) await store.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
    };
    return { stores, close };
  },
};

for (const [name, open] of Object.entries(ENGINES)) {
  void test(`of a hundred who send the same three pieces back at once in two processes, three are taken, on ${name}`, async () => {
    const { stores, close } = await open();
    const processes = stores.map((store, n) => trialReturns({ store, clock, seed: n + 1 }));
    for (const { orders } of processes) orders.set("ord_1", orderOf({ placedAt: clock.now() }));
    const asked = { orderId: "ord_1", reason: "too big", items: [{ productId: "mug", quantity: 1 }] };
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        // Contention is an answer, too: nothing happened.
        const one = processes[n % 2];
        return one?.returns.request(asked, { context, key: `K${n % 50}` }).catch(() => undefined);
      }),
    );
    const taken = answers.flatMap((answer) => (answer && "value" in answer ? [answer.value.returnId] : []));
    const { returns } = (await processes[0]?.service.list({ orderId: "ord_1", limit: 100 })) ?? { returns: [] };
    await close();
    assert.equal(new Set(taken).size, 3);
    assert.ok(answers.some((answer) => answer && codeOf(answer) === "too-many-returned"));
    assert.deepEqual(new Set(returns.map((row) => row.return.returnId)), new Set(taken));
    assert.deepEqual(returns.map((row) => row.return.amount.minor).sort(), ["333", "333", "334"]);
  });
}
