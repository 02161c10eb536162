import { memoryStore } from "@daybook/data/store/memory";
import { workflowConformance } from "./conformance.ts";

workflowConformance("the memory store", async () => {
  const store = memoryStore();
  return { store, destroy: () => store.close() };
});
