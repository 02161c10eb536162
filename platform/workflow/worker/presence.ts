import { commitSettled } from "@daybook/data/event-store/commit-settled";
import { workLease, type WorkLease } from "@daybook/data/event-store/work-lease";
import type { Store } from "@daybook/data/store";
import type { DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import type { Cancel, Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { SHARDS } from "./run-stream.ts";

export interface PresenceOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly deadlines: DeadlineList;
  readonly owner: string;
  readonly taskQueue: string;
  readonly leaseMs: number;
  /** Told after each look, whether or not anything has changed: often enough for what no other news has told of. */
  readonly looked: () => void;
}

/** Looks in the time of a lease. */
const LOOKS = 10;

/**
 * Shares a task queue's shards out among the processes that say, by a lease each, that they are there: the n-th of them has
 * each count-th shard. What one sees may be some seconds old: who works is decided by the shards' own leases. There are as
 * many places as shards; who finds none stands by. Where one process owns the store it has all and says nothing.
 */
export class Presence {
  private readonly options: PresenceOptions;
  private share: { readonly number: number; readonly of: number } | undefined;
  private held: { readonly place: number; readonly lease: WorkLease } | undefined;
  private looking: Promise<void> | undefined;
  private cancelLook: Cancel | undefined;
  private isStopped = false;

  constructor(options: PresenceOptions) {
    this.options = options;
    if (!options.store.capabilities.isShared) this.share = { number: 0, of: 1 };
  }

  start(): void {
    if (this.options.store.capabilities.isShared) this.looking = this.look();
    else this.options.looked();
  }

  has(shard: number): boolean {
    return this.share !== undefined && shard % this.share.of === this.share.number;
  }

  /** The others share what was this one's. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelLook?.();
    await this.looking;
    const { store, clock, ids } = this.options;
    const { lease } = this.held ?? {};
    if (!lease || lease.freeing().length === 0) return;
    const cause = { correlation: "lease/workflow", actor: "sys_workflow", tenant: "system" };
    const unit = { id: ids("unt"), cause, conditions: [lease.condition()], effects: lease.freeing() };
    await commitSettled(store, unit, { clock, attempts: 1 }).catch(() => undefined); // it runs out by itself
  }

  private async look(): Promise<void> {
    const { deadlines, leaseMs, looked } = this.options;
    try {
      await this.takePlace();
      this.share = (await this.shareNow()) ?? this.share;
    } catch {
      // The store says why elsewhere; what was seen last holds until it answers.
    }
    if (this.isStopped) return;
    this.cancelLook = deadlines.after(leaseMs / LOOKS, () => void (this.looking = this.look()));
    looked();
  }

  /** Keeps its place, or takes the first that is free. */
  private async takePlace(): Promise<void> {
    if (this.held && (await this.held.lease.hold()) !== undefined) return;
    this.held = undefined;
    const { store, clock, ids, owner, taskQueue, leaseMs } = this.options;
    for (let place = 0; place < SHARDS; place++) {
      const lease = workLease({ store, clock, ids, owner, name: placeName(taskQueue, place), ttlMs: leaseMs });
      if ((await lease.hold()) === undefined) continue;
      this.held = { place, lease };
      return;
    }
  }

  private async shareNow(): Promise<Presence["share"]> {
    const { store, taskQueue, owner } = this.options;
    const place = this.held?.place;
    const taken = await takenPlaces(store, taskQueue);
    const others = taken.filter((each) => each.owner !== owner && each.place !== place);
    if (place === undefined) return { number: -1, of: others.length };
    return { number: others.filter((each) => each.place < place).length, of: others.length + 1 };
  }
}

/** Whether any process carries out runs of the task queue, on a store that processes share. */
export async function hasWorker(store: Store, taskQueue: string): Promise<boolean> {
  return (await takenPlaces(store, taskQueue)).length > 0;
}

interface TakenPlace {
  readonly place: number;
  readonly owner: string;
}

/** Places are taken from the first on: behind one that never was, none was. */
async function takenPlaces(store: Store, taskQueue: string): Promise<readonly TakenPlace[]> {
  const taken: TakenPlace[] = [];
  for (let place = 0; place < SHARDS; place++) {
    const lease = await store.getLease(placeName(taskQueue, place));
    if (!lease) break;
    if (lease.isRunning) taken.push({ place, owner: lease.owner });
  }
  return taken;
}

function placeName(taskQueue: string, place: number): string {
  return `workflow/${taskQueue}/worker-${place}`;
}
