import type { Lease } from "./port.ts";
import type { Condition, Refused, StreamKind } from "./unit.ts";

/** The state that conditions are checked against: what an engine that applies units one by one can look up. */
export interface ConditionState {
  version(stream: string, as: StreamKind): number;
  /** Undefined when absent or expired. */
  key(key: string): string | undefined;
  /** 0 when absent. */
  dueRevision(queue: string, id: string): number;
  /** Undefined when it was never taken. */
  lease(name: string): Lease | undefined;
}

/** The refusal of the first condition that does not hold, or undefined when all hold. */
export function refusalOf(conditions: readonly Condition[], state: ConditionState): Refused | undefined {
  let index = 0;
  for (const condition of conditions) {
    const found = check(condition, state);
    if (!found.holds) return { outcome: "refused", condition: index, actual: found.actual };
    index++;
  }
  return undefined;
}

interface Found {
  readonly holds: boolean;
  readonly actual: string | number | undefined;
}

function check(condition: Condition, state: ConditionState): Found {
  switch (condition.kind) {
    case "version": {
      const actual = state.version(condition.stream, condition.as ?? "fact");
      return { holds: actual === condition.is, actual };
    }
    case "exists": {
      const actual = state.version(condition.stream, condition.as ?? "fact");
      return { holds: actual > 0, actual };
    }
    case "keyAbsent": {
      const actual = state.key(condition.key);
      return { holds: actual === undefined, actual };
    }
    case "keyPresent": {
      const actual = state.key(condition.key);
      return { holds: actual !== undefined, actual };
    }
    case "keyValue": {
      const actual = state.key(condition.key);
      return { holds: actual === condition.value, actual };
    }
    case "due": {
      const actual = state.dueRevision(condition.queue, condition.id);
      return { holds: actual === condition.revision, actual };
    }
    case "leaseHeld": {
      const lease = state.lease(condition.name);
      return { holds: lease?.isRunning === true && lease.token === condition.token, actual: lease?.token };
    }
    case "leaseFree": {
      const lease = state.lease(condition.name);
      return { holds: !lease?.isRunning || lease.owner === condition.owner, actual: lease?.owner };
    }
  }
}
