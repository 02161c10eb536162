import { virtualClock } from "@daybook/kernel/virtual-clock";
import { storeConformance } from "../conformance.ts";
import { storeModelConformance } from "../conformance-model.ts";
import { memoryStore } from "./memory-store.ts";

storeConformance("the memory store", async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  return { store, advance: (ms) => clock.advance(ms), destroy: () => store.close() };
});

storeModelConformance("the memory store", async () => {
  const store = memoryStore();
  return { store, destroy: () => store.close() };
});
