import type { RebuildProgress } from "@daybook/data/cqrs/rebuild-progress";
import type { Rebuild, RunningProjection } from "@daybook/data/cqrs/running-projection";
import { messageOf } from "@daybook/kernel/errors";

/** A rebuild as the last look shows it. `differences`: rows that the new generation has otherwise, of those compared. */
export interface RebuildState {
  readonly generation: number;
  readonly state: "building" | "switched" | "failed";
  readonly progress: RebuildProgress;
  readonly comparison?: unknown;
  readonly error?: string;
}

/** Rebuilds on request: beside the live read model, then compared with it, then switched to. One a projection. */
export class Rebuilds {
  private readonly running: ReadonlyMap<string, RunningProjection>;
  private readonly last = new Map<string, () => RebuildState>();

  constructor(running: ReadonlyMap<string, RunningProjection>) {
    this.running = running;
  }

  /** Starts one, or goes on with the one under way; undefined when no such projection runs here. */
  async start(name: string): Promise<RebuildState | undefined> {
    const projection = this.running.get(name);
    if (!projection) return undefined;
    const before = this.last.get(name)?.();
    if (before?.state === "building") return before;
    const rebuild = await projection.rebuild();
    let outcome: Omit<RebuildState, "generation" | "progress"> = { state: "building" };
    const look = (): RebuildState => ({ generation: rebuild.generation, progress: rebuild.progress(), ...outcome });
    this.last.set(name, look);
    void finish(rebuild).then(
      (comparison) => (outcome = { state: "switched", comparison }),
      (error: unknown) => (outcome = { state: "failed", error: messageOf(error) }),
    );
    return look();
  }

  /** The last one of this process. */
  state(name: string): RebuildState | undefined {
    return this.last.get(name)?.();
  }
}

async function finish(rebuild: Rebuild): Promise<unknown> {
  await rebuild.caughtUp;
  const comparison = await rebuild.compare();
  await rebuild.switchTo();
  return comparison;
}
