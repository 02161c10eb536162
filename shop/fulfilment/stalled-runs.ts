import type { RowCursor } from "@daybook/data/store";
import type { WorkflowClient, RunInfo } from "@daybook/workflow/client";
import { FOUND_MAX, type Comparing, type Difference } from "@daybook/shop-questions/contract";
import { orderIdOf } from "./contract.ts";

const STALLED = "run-stalled";
const PAGE = 100;

/** Runs of workflows that go no further without a person, as questions; each is settled when its run goes on. */
export class StalledRuns implements Comparing {
  private readonly workflows: Pick<WorkflowClient, "list" | "get">;

  constructor(workflows: Pick<WorkflowClient, "list" | "get">) {
    this.workflows = workflows;
  }

  readonly compare: Comparing["compare"] = async ({ cursor }) => {
    const after = cursor === undefined ? {} : { after: JSON.parse(cursor) as RowCursor }; // written below
    const { runs, next } = await this.workflows.list({ needsAttention: true, limit: PAGE, ...after });
    const page = { compared: runs.length, differences: runs.map(differenceOf) };
    return { value: { ...page, ...(next && { cursor: JSON.stringify(next) }) } };
  };

  readonly recheck: Comparing["recheck"] = async ({ questions }) => {
    const settled: string[] = [];
    for (const { questionId, cause, subject } of questions) {
      if (cause === STALLED && (await this.workflows.get(subject))?.attention === undefined) settled.push(questionId);
    }
    return { value: { settled } };
  };
}

function differenceOf({ id, attention = "" }: RunInfo): Difference {
  const orderId = orderIdOf(id);
  const found = `The run waits for somebody: ${attention}`.slice(0, FOUND_MAX);
  return { cause: STALLED, subject: id, found, ...(orderId !== undefined && { orderId }) };
}
