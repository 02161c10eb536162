import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { parkingConformance } from "./conformance/parking.ts";

parkingConformance("parked events on the memory store", async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  return { store, clock, advance: (ms) => clock.advance(ms), destroy: () => store.close() };
});

parkingConformance("parked events on the SQLite store", async () => {
  const clock = virtualClock();
  const folder = await mkdtemp(join(tmpdir(), "daybook-parked-"));
  const store = await sqliteStore({ file: join(folder, "daybook.db"), clock });
  return {
    store,
    clock,
    advance: (ms) => clock.advance(ms),
    destroy: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
