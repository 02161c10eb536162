import type { WorkLease } from "@daybook/data/event-store/work-lease";
import type { Condition, Effect } from "@daybook/data/store/unit";
import type { DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import type { Cancel } from "@daybook/kernel/clock";

interface ShardLeaseOptions {
  readonly lease: WorkLease;
  readonly deadlines: DeadlineList;
  readonly leaseMs: number;
  /** Whether runs are in memory. */
  readonly isNeeded: () => boolean;
  /** Told when it could not be extended. */
  readonly lost: () => void;
  /** Told when it was taken again after it had run out: others may have had it between. */
  readonly retaken: () => void;
}

/** The lease of a shard: taken when a run needs it, extended for as long as runs are in memory, then left to run out. */
export class ShardLease {
  private readonly options: ShardLeaseOptions;
  private holding: Promise<boolean> | undefined;
  private cancelRenewal: Cancel | undefined;
  /** That of the last time that it was held. */
  private token: number | undefined;

  constructor(options: ShardLeaseOptions) {
    this.options = options;
  }

  /** False while another process holds it. */
  async hold(): Promise<boolean> {
    this.holding ??= this.options.lease
      .hold()
      .then((token) => this.heldUnder(token))
      .finally(() => (this.holding = undefined));
    const isHeld = await this.holding;
    if (isHeld) this.keep();
    return isHeld;
  }

  get isHeld(): boolean {
    return this.options.lease.freeing().length > 0;
  }

  private heldUnder(token: number | undefined): boolean {
    if (token === undefined) return false;
    const isRetaken = this.token !== undefined && this.token !== token;
    this.token = token;
    if (isRetaken) this.options.retaken();
    return true;
  }

  condition(): Condition {
    return this.options.lease.condition();
  }

  freeing(): readonly Effect[] {
    return this.options.lease.freeing();
  }

  drop(): void {
    this.options.lease.drop();
  }

  stop(): void {
    this.cancelRenewal?.();
  }

  private keep(): void {
    const { deadlines, leaseMs, isNeeded, lost } = this.options;
    this.cancelRenewal ??= deadlines.after(leaseMs / 3, () => {
      this.cancelRenewal = undefined;
      if (isNeeded()) this.hold().then((isHeld) => isHeld || lost(), lost);
    });
  }
}
