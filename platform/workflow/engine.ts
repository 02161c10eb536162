import { deadlineList } from "@daybook/foundation/resilience/deadline-list";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { WorkflowClient } from "./client.ts";
import type { AnyWorkflow } from "./definition.ts";
import { workflowUnknown } from "./errors.ts";
import type { StepImplementation } from "./implement.ts";
import { failureOf } from "./replay/failure.ts";
import type { End } from "./replay/history.ts";
import { refusePersonal } from "./replay/value-text.ts";
import { Bulletin } from "./worker/bulletin.ts";
import { hasWorker } from "./worker/presence.ts";
import { Programs, type ChildStart } from "./worker/run-host.ts";
import { isOver, type RunInfo } from "./worker/run-info.ts";
import { Worker } from "./worker/worker.ts";

export interface WorkflowEngineOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Unique among processes, kept over restarts. */
  readonly owner: string;
  /** Runs and their workers meet under this name; "main". */
  readonly taskQueue?: string;
  readonly workflows: readonly AnyWorkflow[];
  readonly steps: readonly StepImplementation[];
  readonly tuning?: WorkflowTuning;
}

export interface WorkflowTuning {
  /** Time of a shard's lease; 30,000 ms. */
  readonly leaseMs?: number;
  /** 100 ms: see `WorkerOptions`. */
  readonly scanMs?: number;
  /** 500 ms: how often a caller looks for what another process does. */
  readonly pollMs?: number;
  /** How long `update`, `cancel` and the like wait for their answer; 10,000 ms. */
  readonly answerMs?: number;
  /** How long steps under way are waited for when the engine stops, or their runs go to another process; 5,000 ms. */
  readonly drainMs?: number;
  /** Records of a run's stream after which it is rewritten shorter; 10,000. */
  readonly compactAfter?: number;
  /** Bytes of a history after which it is, too; 2 MiB. Each time the next one waits until it is twice as long. */
  readonly compactBytes?: number;
  /** Runs in memory at once; 4,000. What waits is not in memory. */
  readonly runsMax?: number;
}

/**
 * The engine: a client, and a worker that carries out the runs of its task queue. After a crash another engine, or this
 * one started again, goes on where the records end. Steps run at least once under a key, each outcome counts once.
 */
export class WorkflowEngine extends WorkflowClient {
  protected override readonly worker: Worker;

  constructor(options: WorkflowEngineOptions) {
    const { store, clock, ids, random, taskQueue = "main", tuning = {} } = options;
    for (const { contract } of options.steps) {
      refusePersonal(contract.input, `input of ${contract.name}`);
      refusePersonal(contract.output, `result of ${contract.name}`);
    }
    for (const { name, input, output } of options.workflows) {
      refusePersonal(input, `input of ${name}`);
      refusePersonal(output, `result of ${name}`);
    }
    const deadlines = deadlineList(clock);
    const bulletin = new Bulletin(deadlines);
    const programs = new Programs(options.workflows, options.steps);
    const { answerMs = 10_000, pollMs = 500 } = tuning;
    const isAttended = async (queue: string) => queue === taskQueue || !store.capabilities.isShared || hasWorker(store, queue);
    super({ store, clock, ids, random, deadlines, bulletin, programs, taskQueue, answerMs, pollMs, isAttended });
    this.worker = new Worker({
      store,
      clock,
      ids,
      random,
      deadlines,
      programs,
      taskQueue,
      owner: options.owner,
      leaseMs: tuning.leaseMs ?? 30_000,
      scanMs: tuning.scanMs ?? 100,
      drainMs: tuning.drainMs ?? 5_000,
      compactAfter: tuning.compactAfter ?? 10_000,
      compactBytes: tuning.compactBytes ?? 2 * 1024 * 1024,
      runsMax: tuning.runsMax ?? 4_000,
      startScheduled: async ({ id, workflow, input, cause }, at) => {
        await this.tryStart(this.startedAs(workflow, input, { id: `${id}-${at}`, cause, attributes: { schedule: id } }));
      },
      startChild: (child) => this.startChild(child),
      cancelChild: (id, reason) => this.cancelChild(id, reason),
      changed: (info) => isOver(info.status) && bulletin.tell(`run ${info.id}`, info),
      stuck: ({ id }, error) => bulletin.tell(`stuck ${id}`, error),
      answered: (answer) => bulletin.tell(`answer ${answer.of}`, answer),
    });
  }

  /** Runs in memory now: those that do something. What waits is in the store only. */
  get runsInMemory(): number {
    return this.worker.count;
  }

  /**
   * Begins nothing more, waits a while for steps under way, and frees the leases. Runs go on where their records end; a step
   * that was not done in time has used up no attempt.
   */
  stop(): Promise<void> {
    return this.worker.stop();
  }

  private async startChild({ id, name, input, parent, cause }: ChildStart): Promise<End | undefined> {
    await this.tryStart(this.startedAs(name, input, { id, cause, parent }));
    const info = await this.get(id);
    if (info && (info.parent?.id !== parent.id || info.parent.command !== parent.command)) {
      return { status: "failed", failure: failureOf(workflowUnknown(`${id} is no child of ${parent.id}`), "") };
    }
    return info && endOf(info);
  }

  private async cancelChild(id: string, reason: string): Promise<End | undefined> {
    const info = await this.get(id);
    if (!info) return { status: "cancelled" };
    if (isOver(info.status)) return endOf(info);
    await this.cancel(id, reason).catch(() => undefined); // recorded all the same, or the child has just ended
    const after = await this.get(id);
    return after && endOf(after);
  }
}

function endOf({ status, result, failure }: RunInfo): End | undefined {
  if (!isOver(status)) return undefined;
  const end = status as End["status"]; // as isOver says
  return { status: end, ...(result !== undefined && { value: result }), ...(failure && { failure }) };
}
