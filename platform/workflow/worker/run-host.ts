import type { Store } from "@daybook/data/store";
import type { Condition, UnitCause } from "@daybook/data/store/unit";
import type { DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { AnyWorkflow, WorkflowDefinition } from "../definition.ts";
import type { StepImplementation } from "../implement.ts";
import type { End, Note, ParentLink } from "../replay/history.ts";
import type { RunInfo } from "./run-info.ts";

/** What a run in memory needs of the worker that owns it. */
export interface RunHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  readonly deadlines: DeadlineList;
  readonly programs: Programs;
  /** Records of a stream after which it is rewritten shorter. */
  readonly compactAfter: number;
  /** And their bytes. */
  readonly compactBytes: number;
  /** That this process still owns the run. */
  owned(): Condition;
  /** Starts a child, unless it is started already; answers its end when it has one. */
  startChild(child: ChildStart): Promise<End | undefined>;
  /** Asks the child to end; answers its end when it has one, `cancelled` when it was never started. */
  cancelChild(id: string, reason: string): Promise<End | undefined>;
  /** Told after the commit. */
  changed(info: RunInfo): void;
  answered(answer: Note & { readonly kind: "answer" }): void;
  /** The run leaves memory; `again`: when to look at it once more, epoch milliseconds. */
  release(id: string, again: number): void;
  /** Somebody else owns it now. */
  lost(): void;
  failed(info: RunInfo, error: unknown): void;
}

export interface ChildStart {
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly parent: ParentLink;
  readonly cause: UnitCause;
}

/** What a process has registered. */
export class Programs {
  readonly steps: ReadonlyMap<string, StepImplementation>;
  private readonly versions = new Map<string, WorkflowDefinition[]>();

  constructor(workflows: readonly AnyWorkflow[], steps: readonly StepImplementation[]) {
    this.steps = new Map(steps.map((step) => [step.contract.name, step]));
    for (const each of workflows) {
      const definition = each as WorkflowDefinition; // run() gets what its own schema parsed
      this.versions.set(
        each.name,
        [...(this.versions.get(each.name) ?? []), definition].toSorted((a, b) => a.version - b.version),
      );
    }
  }

  /** The version asked for, else the newest. */
  workflow(name: string, version?: number): WorkflowDefinition | undefined {
    const known = this.versions.get(name);
    return known?.find((each) => each.version === version) ?? known?.at(-1);
  }
}
