import type { RowCursor } from "@daybook/data/store";
import type { WorkflowClient, RunInfo } from "@daybook/workflow/client";
import { FOUND_MAX, type Comparing, type Difference } from "@daybook/shop-questions/contract";
import { orderIdOf } from "./contract.ts";

const PAGE = 100;

/** Where a comparison is: first the runs that stall, then those that failed. */
interface Cursor {
  readonly cause: Cause;
  readonly after?: RowCursor;
}
type Cause = "run-stalled" | "run-failed";

/**
 * Runs of workflows that go no further without a person, as questions, whoever's they are. One that stalls is settled when it
 * goes on; one that failed is not undone, and is settled when it is reset.
 */
export class StalledRuns implements Comparing {
  private readonly workflows: Pick<WorkflowClient, "list" | "get">;

  constructor(workflows: Pick<WorkflowClient, "list" | "get">) {
    this.workflows = workflows;
  }

  readonly compare: Comparing["compare"] = async ({ from, cursor }) => {
    const at: Cursor = cursor === undefined ? { cause: "run-stalled" } : (JSON.parse(cursor) as Cursor); // written below
    const { cause, after } = at;
    const search = cause === "run-stalled" ? ({ needsAttention: true } as const) : ({ status: "failed" } as const);
    const { runs, next } = await this.workflows.list({ ...search, limit: PAGE, ...(after && { after }) });
    const asked = cause === "run-stalled" ? runs : runs.filter(({ since }) => since >= from);
    const page = { compared: runs.length, differences: asked.map((run) => differenceOf(cause, run)) };
    const following = followingOf(cause, next);
    return { value: { ...page, ...(following && { cursor: JSON.stringify(following) }) } };
  };

  readonly recheck: Comparing["recheck"] = async ({ questions }) => {
    const settled: string[] = [];
    for (const { questionId, cause, subject } of questions) {
      if (await this.isGone(cause, subject)) settled.push(questionId);
    }
    return { value: { settled } };
  };

  /** Of a failed run that nobody can look at any more, what it left behind is there still. */
  private async isGone(cause: string, runId: string): Promise<boolean> {
    if (cause === "run-stalled") return (await this.workflows.get(runId))?.attention === undefined;
    if (cause !== "run-failed") return false;
    const run = await this.workflows.get(runId);
    return run !== undefined && run.status !== "failed";
  }
}

function followingOf(cause: Cause, next: RowCursor | undefined): Cursor | undefined {
  if (next) return { cause, after: next };
  return cause === "run-stalled" ? { cause: "run-failed" } : undefined;
}

function differenceOf(cause: Cause, { id, attention = "", reason = "" }: RunInfo): Difference {
  const orderId = orderIdOf(id);
  const said = cause === "run-stalled" ? `The run waits for somebody: ${attention}` : `The run has failed: ${reason}`;
  return { cause, subject: id, found: said.slice(0, FOUND_MAX), ...(orderId !== undefined && { orderId }) };
}
