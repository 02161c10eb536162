import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@daybook/data/store/memory";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { workflowConformance } from "./conformance.ts";

workflowConformance("the memory store", async () => {
  const store = memoryStore();
  return { store, destroy: () => store.close() };
});

workflowConformance("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-workflow-"));
  const store = await sqliteStore({ file: join(folder, "daybook.db") });
  const destroy = async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, destroy };
});
