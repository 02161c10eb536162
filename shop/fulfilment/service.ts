import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { MessageAttempt } from "@daybook/messaging/queue";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { orderWork } from "@daybook/shop-ordering/contract";
import { paymentOutcomes, type PaymentOutcome } from "@daybook/shop-payments/contract";
import { service, type Service } from "@daybook/network/rpc/server";
import { comparisonContract } from "@daybook/shop-questions/contract";
import { workflowClient } from "@daybook/workflow/client";
import type { AnyWorkflow } from "@daybook/workflow/definition";
import type { StepImplementation } from "@daybook/workflow/implement";
import { WorkflowEngine, type WorkflowTuning } from "@daybook/workflow/engine";
import { unlessOver } from "@daybook/workflow/unless-over";
import type { z } from "zod";
import { stepImplementations, type Partners } from "./carry-out.ts";
import { fulfilment, fulfilmentId } from "./contract.ts";
import { fulfilOrder } from "./fulfil-order.workflow.ts";
import { StalledRuns } from "./stalled-runs.ts";

/** Runs and their workers meet under this name. */
export const TASK_QUEUE = "fulfilment";
/** For whoever talks to its runs without carrying them out. */
export const WORKFLOWS = [fulfilOrder];
/** How long who asks something of a run waits: less than a request of HTTP. */
export const ANSWER_MS = 5_000;

export interface FulfilmentParts extends Partners {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Unique among processes, kept over restarts. */
  readonly owner: string;
  readonly tuning?: WorkflowTuning;
  /** Other contexts' workflows, which the same engine carries out, with their steps. */
  readonly others?: { readonly workflows: readonly AnyWorkflow[]; readonly steps: readonly StepImplementation[] };
}

/** Carries orders out, while it runs. */
export interface FulfilmentService {
  readonly engine: WorkflowEngine;
  readonly consumers: readonly Consumer[];
  /** Takes no more work, leaves what is under way where its records end. Idempotent. */
  stop(): Promise<void>;
}

type OrderWork = z.infer<(typeof orderWork)["message"]["schema"]>;

/** What stalls, by contract, for whoever has it compared. */
export function stalledRuns(parts: Pick<FulfilmentParts, "store" | "clock" | "ids" | "random">): Service {
  const workflows = workflowClient({ ...parts, taskQueue: TASK_QUEUE, answerMs: ANSWER_MS });
  return service(comparisonContract("fulfilment"), new StalledRuns(workflows));
}

/** Starts the fulfilment context: the workflow's engine, and the consumers of what others ask of it. */
export function startFulfilment(parts: FulfilmentParts): FulfilmentService {
  const { store, clock, ids, random, owner, tuning = {}, others } = parts;
  const engine = new WorkflowEngine({
    store,
    clock,
    ids,
    random,
    owner,
    tuning: { answerMs: ANSWER_MS, ...tuning },
    taskQueue: TASK_QUEUE,
    workflows: [...WORKFLOWS, ...(others?.workflows ?? [])],
    steps: [...stepImplementations(parts), ...(others?.steps ?? [])],
  });
  const common = { store, clock, ids, random };
  const consumers = [
    consume({ ...common, queue: orderWork, handle: (message, attempt) => work(engine, message, attempt) }),
    consume({ ...common, queue: paymentOutcomes, handle: (message) => settle(engine, message) }),
  ];
  return {
    engine,
    consumers,
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await engine.stop();
    },
  };
}

async function work(engine: WorkflowEngine, message: OrderWork, attempt: MessageAttempt): Promise<void> {
  const id = fulfilmentId(message.orderId);
  switch (message.type) {
    case "fulfil":
      await engine.start(fulfilment, { id, input: { orderId: message.orderId }, cause: causeOf(attempt.context) });
      return;
    case "cancel":
      return unlessOver(engine.cancel(id, message.reason));
    case "released":
      return unlessOver(engine.signal(fulfilOrder, id, "released", {}));
  }
}

function settle(engine: WorkflowEngine, message: PaymentOutcome): Promise<void> {
  const { type, orderId } = message;
  const outcome = type === "settled" ? { type } : { type, code: message.code, reason: message.reason };
  return unlessOver(engine.signal(fulfilOrder, fulfilmentId(orderId), "paymentOutcome", outcome));
}
