import type { Clock } from "@daybook/kernel/clock";
import { systemClock } from "@daybook/kernel/clock";
import type { Engine } from "../engine.ts";
import { gatheredStore, type GatherOptions } from "../gather.ts";
import type { Store } from "../port.ts";
import { applyUnit } from "./apply.ts";
import { memoryReads } from "./reads.ts";
import { emptyState, type MemoryState } from "./state.ts";

export interface MemoryEngineOptions {
  readonly clock?: Clock;
  /** State to go on with; a new one unless given. */
  readonly state?: MemoryState;
}

/** The reference engine: everything in this process's memory, nothing durable. */
export function memoryEngine(options: MemoryEngineOptions = {}): Engine {
  const state = options.state ?? emptyState();
  const clock = options.clock ?? systemClock;
  return {
    capabilities: { engine: "memory", isDurable: false, isShared: false, batchesInFlight: 1 },
    opening: ++state.openings,
    apply: async (batch) => {
      const now = clock.now();
      return batch.map((unit) => applyUnit(state, unit, now));
    },
    ...memoryReads(state, clock),
    close: async () => {},
  };
}

/** A store in memory, for tests, trials and the simulator. */
export function memoryStore(options: MemoryEngineOptions & GatherOptions = {}): Store {
  return gatheredStore(memoryEngine(options), options);
}
