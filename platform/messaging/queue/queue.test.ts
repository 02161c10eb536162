import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { queueConformance } from "./conformance.ts";

queueConformance("queues on the memory store", async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  return { store, clock, sibling: async () => store, advance: (ms) => clock.advance(ms), destroy: () => store.close() };
});

queueConformance("queues on the SQLite store", async () => {
  const clock = virtualClock();
  const folder = await mkdtemp(join(tmpdir(), "daybook-queue-"));
  const store = await sqliteStore({ file: join(folder, "daybook.db"), clock });
  return {
    store,
    clock,
    sibling: async () => store,
    advance: (ms) => clock.advance(ms),
    destroy: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
