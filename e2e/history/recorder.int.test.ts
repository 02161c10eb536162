import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@daybook/kernel/clock";
import { startPostgres } from "../../tools/engines/postgres.ts";
import { checkHistory } from "./checker.ts";
import { openStores } from "./open-stores.ts";
import { recordHistory } from "./recorder.ts";

const { url } = await startPostgres();

test("a history of concurrent clients of two processes on PostgreSQL is one that the contract allows", async (context) => {
  const { stores, close } = await openStores(url);
  try {
    const history = await recordHistory({ stores, clock: systemClock, clients: 8, operations: 150, streams: 4, seed: 1 });
    const report = checkHistory(history, { okMin: 300 });
    context.diagnostic(JSON.stringify(report.counts));
    assert.deepEqual(report.violations, []);
    assert.ok(report.counts.fail >= 50, "clients were in each other's way");
  } finally {
    await close();
  }
});
