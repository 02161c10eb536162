import { existsSync, writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { storeModelConformance } from "../conformance-model.ts";
import type { Store } from "../port.ts";
import { rejectsWith } from "../conformance/trial.ts";
import { movingTrial, transferConformance, type TransferPlace } from "../transfer-conformance.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { sqliteTransferSource } from "./transfer-source.ts";
import { sqliteTransferTarget } from "./transfer-target.ts";

async function openPlace(): Promise<TransferPlace> {
  const folder = await mkdtemp(join(tmpdir(), "daybook-transfer-"));
  const file = join(folder, "daybook.db");
  const opened: { close(): Promise<void> }[] = [];
  const kept = <T extends { close(): Promise<void> }>(one: T): T => (opened.push(one), one);
  return {
    store: async (): Promise<Store> => kept(await sqliteStore({ file })),
    source: async () => kept(sqliteTransferSource(file)),
    target: async () => kept(sqliteTransferTarget({ file })),
    async destroy() {
      for (const each of opened) await each.close().catch(() => {}); // most are closed
      await rm(folder, { recursive: true });
    },
  };
}

transferConformance("a transfer from SQLite to SQLite", openPlace, openPlace);
storeModelConformance("a store that moves from SQLite to SQLite", () => movingTrial(openPlace, openPlace), { runs: 20 });

void test("a file that is being copied, from or to, is locked to others", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-transfer-"));
  context.after(() => rm(folder, { recursive: true }));
  const [from, to] = [join(folder, "from.db"), join(folder, "to.db")];
  await (await sqliteStore({ file: from })).close();
  const [source, target] = [sqliteTransferSource(from), sqliteTransferTarget({ file: to })];
  await rejectsWith("data-folder-locked", sqliteStore({ file: from }));
  await rejectsWith("data-folder-locked", sqliteStore({ file: to }));
  await source.close();
  await target.close();
  assert.ok(!existsSync(to), "asking made nothing");
});

void test("a file of another program is no target, and a blank one is", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-transfer-"));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "other.db");
  writeFileSync(file, "");
  const blank = sqliteTransferTarget({ file });
  assert.deepEqual(await blank.held(), { kind: "nothing" });
  await blank.close();
  writeFileSync(file, "something else, long enough to be looked at as a database".repeat(20));
  const foreign = sqliteTransferTarget({ file });
  await rejectsWith("store-foreign-file", foreign.held());
  await foreign.close();
});
