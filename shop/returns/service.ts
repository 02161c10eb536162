import type { Store } from "@daybook/data/store";
import { causeOf } from "@daybook/kernel/context";
import type { Random } from "@daybook/kernel/random";
import type { Queue } from "@daybook/messaging/queue";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { service, type Service } from "@daybook/network/rpc/server";
import type { WorkflowClient } from "@daybook/workflow/client";
import type { AnyWorkflow } from "@daybook/workflow/definition";
import type { StepImplementation } from "@daybook/workflow/implement";
import { unlessOver } from "@daybook/workflow/unless-over";
import { returnSteps, type ReturnPartners } from "./carry-out.ts";
import { returnsContract, returnWork } from "./contract.ts";
import { returning, returnOrder, returnRunId } from "./return-order.workflow.ts";
import { listReturns, readReturn, type ListReturns, type ReturnPage, type ReturnRow } from "./return-row.ts";
import { Returns, type ReturnsParts } from "./returns.ts";

/** Queues of this context. */
export const RETURN_QUEUES: readonly Queue<{ returnId: string }>[] = [returnWork];

export interface ReturnsService {
  /** Carries out `returnsContract` for other contexts. */
  readonly calls: Service;
  /** The same here, with answers rendered for whoever asks. */
  readonly operations: Returns;
  get(returnId: string): Promise<ReturnRow | undefined>;
  list(list: ListReturns): Promise<ReturnPage>;
  /** Starts what is done about messages: `runs` are carried out by an engine that knows `returnRuns`. */
  startConsumers(runs: WorkflowClient, random: Random): readonly Consumer[];
}

/** What an engine must know to carry returns out, beside their steps. */
export const RETURN_WORKFLOWS: readonly AnyWorkflow[] = [returnOrder];

/** The returns context, put together. */
export function returnsService(parts: ReturnsParts & { readonly store: Store }): ReturnsService {
  const { store } = parts;
  const operations = new Returns(parts);
  return {
    calls: service(returnsContract, operations),
    operations,
    get: (returnId) => readReturn(store, returnId),
    list: (list) => listReturns(store, list),
    startConsumers: (runs, random) => [
      consume({
        ...parts,
        random,
        queue: returnWork,
        handle: async ({ returnId }, { context }) => {
          const id = returnRunId(returnId);
          const { isNew } = await runs.start(returning, { id, input: { returnId }, cause: causeOf(context) });
          if (!isNew) await unlessOver(runs.signal(returnOrder, id, "changed", {}));
        },
      }),
    ],
  };
}

/** What an engine has to know to carry returns out. */
export function returnRuns(partners: ReturnPartners): {
  readonly workflows: readonly AnyWorkflow[];
  readonly steps: readonly StepImplementation[];
} {
  return { workflows: RETURN_WORKFLOWS, steps: returnSteps(partners) };
}
