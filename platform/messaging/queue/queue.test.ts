import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { queueConformance } from "./conformance.ts";

queueConformance("queues on the memory store", async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  let openings = store.opening ?? 0;
  return {
    store,
    clock,
    sibling: async () => store,
    reopen: async () => ({ ...store, opening: ++openings }),
    advance: (ms) => clock.advance(ms),
    destroy: () => store.close(),
  };
});

queueConformance("queues on the SQLite store", async () => {
  const clock = virtualClock();
  const folder = await mkdtemp(join(tmpdir(), "daybook-queue-"));
  let store: Store | undefined;
  const open = async () => {
    await store?.close();
    return (store = await sqliteStore({ file: join(folder, "daybook.db"), clock }));
  };
  return {
    store: await open(),
    clock,
    sibling: async () => store ?? open(),
    reopen: open,
    advance: (ms) => clock.advance(ms),
    destroy: async () => {
      await store?.close();
      await rm(folder, { recursive: true });
    },
  };
});
