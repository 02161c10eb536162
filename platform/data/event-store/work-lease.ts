import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { commitSettled } from "./commit-settled.ts";

/**
 * The lease of a piece of work that one of several processes does. It is taken when there is something to do, extended
 * while there is, and left to run out when there is not: who is idle writes nothing.
 */
export interface WorkLease {
  /** Takes or extends the lease when less than half of its time is left. Undefined while another owner holds it. */
  hold(signal?: AbortSignal): Promise<number | undefined>;
  /** What a unit of the holder is conditional on: the lease under the token of the last `hold`. */
  condition(): Condition;
  /** Frees the lease in a unit with `condition()`; nothing when it was not held. */
  freeing(): readonly Effect[];
  /** Forgets that it was held: the next `hold` asks the store. */
  drop(): void;
}

export interface WorkLeaseOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly name: string;
  /** Unique among processes; the same after a restart, so that the work goes on at once. */
  readonly owner: string;
  readonly ttlMs: number;
}

export function workLease(options: WorkLeaseOptions): WorkLease {
  const { store, clock, name, owner, ttlMs } = options;
  let token: number | undefined;
  let takenAt = 0;

  async function take(signal?: AbortSignal): Promise<number | undefined> {
    const current = await store.getLease(name);
    if (current?.isRunning && current.owner !== owner) return undefined;
    const at = clock.elapsed();
    const unit = {
      id: options.ids("unt"),
      cause: { correlation: `lease/${name}`, actor: "sys_lease", tenant: "system" },
      conditions: [{ kind: "leaseFree", name, owner }],
      effects: [{ kind: "takeLease", name, owner, ttlMs }],
    } as const;
    const verdict = await commitSettled(store, unit, { clock, signal });
    if (verdict.outcome === "refused") return undefined;
    takenAt = at;
    return verdict.tokens[0] ?? (await store.getLease(name))?.token; // a repeated unit does not say its token
  }

  return {
    async hold(signal) {
      if (token === undefined || clock.elapsed() - takenAt >= ttlMs / 2) token = await take(signal);
      return token;
    },
    // Without a token nobody else may hold it: enough for a unit that changes nothing but a checkpoint.
    condition: () => (token === undefined ? { kind: "leaseFree", name, owner } : { kind: "leaseHeld", name, token }),
    freeing: () => (token === undefined ? [] : [{ kind: "freeLease", name }]),
    drop() {
      token = undefined;
    },
  };
}
