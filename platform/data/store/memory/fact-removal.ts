import type { FactRemoval } from "../archive/segment-place.ts";
import type { MemoryState } from "./state.ts";

/** Removes facts from a state in memory: what is left of each is what a marker has. */
export function memoryFactRemoval(state: MemoryState): FactRemoval {
  return {
    async remove(from, to) {
      for (let position = from; position <= to; position++) {
        const fact = state.log[position - 1];
        if (!fact || fact.data === "") continue;
        const { stream, version, recordedAt } = fact;
        const marker = { id: "", position, stream, version, type: "", schemaVersion: 0, data: "", meta: "{}", recordedAt };
        state.log[position - 1] = marker;
        state.digests[position - 1] = "";
        const events = state.streams.fact.get(stream);
        if (events) events[version - 1] = marker;
      }
    },
    close: async () => {},
  };
}
