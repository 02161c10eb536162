import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { storeModelConformance } from "../conformance-model.ts";
import { storeConformance } from "../conformance.ts";
import { sqliteStore } from "./sqlite-store.ts";

async function openTrial() {
  const clock = virtualClock();
  const folder = await mkdtemp(join(tmpdir(), "daybook-sqlite-"));
  const open = () => sqliteStore({ file: join(folder, "daybook.db"), clock });
  let store = await open();
  return {
    store,
    advance: (ms: number) => clock.advance(ms),
    reopen: async () => {
      await store.close();
      return (store = await open());
    },
    destroy: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

storeConformance("the SQLite store", openTrial);
storeModelConformance("the SQLite store", openTrial, { runs: 40 });
