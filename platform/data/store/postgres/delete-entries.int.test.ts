import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { sleep, systemClock } from "@daybook/kernel/clock";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { padded, putRow, unit } from "../conformance/trial.ts";
import { encodeUnit } from "../encode.ts";
import type { Effect, Unit } from "../unit.ts";
import { PlainBatch } from "./plain-batch.ts";
import { postgresEngine } from "./postgres-store.ts";

const { url } = await startPostgres();
const ROWS = 4_000;
const PUT_AGAIN = 64;
const AT_A_TIME = 500;

function puts(id: string, from: number, count: number, status: string): Unit {
  const rows = Array.from({ length: count }, (_, n) => padded(from + n));
  return unit(id, { do: rows.map((key) => putRow("things", key, { by: [key], status: [status] })) });
}

const takeLease: Effect = { kind: "takeLease", name: "l", owner: "x", ttlMs: 60_000 };
const leased = (each: Unit): Unit => ({
  ...each,
  conditions: [{ kind: "leaseFree", name: "l", owner: "x" }],
  effects: [...each.effects, takeLease],
});

/** Blocks read of the index of entries, once the session that wrote that many entries has told its counts. */
async function blocksRead(schema: string, entries: number): Promise<number> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    for (;;) {
      const [found] = await sql<{ blocks: string }[]>`
        select idx_blks_read + idx_blks_hit as blocks
        from pg_statio_user_tables join pg_stat_user_tables using (relid, schemaname, relname)
        where schemaname = ${schema} and relname = 'entries' and n_tup_ins = ${entries}`;
      if (found) return Number(found.blocks);
      await sleep(systemClock, 20); // it tells them when it ends, after its connection was closed
    }
  } finally {
    await sql.end();
  }
}

for (const [how, change] of [["sets of rows", (each: Unit) => each] as const, ["steps", leased] as const]) {
  test(
    `by ${how}, rows that are put again cost the same however many others the collection has`,
    { timeout: 60_000 },
    async (context) => {
      const schema = `entries_${process.pid}_${how.replaceAll(" ", "_")}`;
      context.after(async () => {
        const sql = postgres(url, { max: 1, onnotice: () => {} });
        await sql.unsafe(`drop schema "${schema}" cascade`);
        await sql.end();
      });
      const before = await postgresEngine({ url, schema });
      for (let from = 0; from < ROWS; from += AT_A_TIME) {
        await before.apply([encodeUnit(puts(`u${padded(from)}`, from, AT_A_TIME, "new"))]);
      }
      await before.close();
      const first = await blocksRead(schema, 2 * ROWS);

      const after = await postgresEngine({ url, schema });
      const batch = [encodeUnit(change(puts("v", ROWS / 2, PUT_AGAIN, "old")))];
      assert.equal(PlainBatch.of(batch) === undefined, how === "steps");
      await after.apply(batch);
      const { rows } = await after.listRows({ collection: "things", index: "status", prefix: "old" });
      assert.equal(rows.length, PUT_AGAIN);
      await after.close();
      const spent = (await blocksRead(schema, 2 * (ROWS + PUT_AGAIN))) - first;
      assert.ok(spent < PUT_AGAIN * 30, `${spent} blocks`);
    },
  );
}
