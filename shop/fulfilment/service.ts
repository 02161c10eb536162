import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf } from "@daybook/kernel/context";
import { errorCode } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { MessageAttempt } from "@daybook/messaging/queue";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { orderWork } from "@daybook/shop-ordering/contract";
import { paymentOutcomes, type PaymentOutcome } from "@daybook/shop-payments/contract";
import { service, type Service } from "@daybook/network/rpc/server";
import { comparisonContract } from "@daybook/shop-questions/contract";
import { workflowClient } from "@daybook/workflow/client";
import { WorkflowEngine, type WorkflowTuning } from "@daybook/workflow/engine";
import type { z } from "zod";
import { stepImplementations, type Partners } from "./carry-out.ts";
import { fulfilment, fulfilmentId } from "./contract.ts";
import { fulfilOrder } from "./fulfil-order.workflow.ts";
import { StalledRuns } from "./stalled-runs.ts";

/** Runs and their workers meet under this name. */
export const TASK_QUEUE = "fulfilment";
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
}

/** Carries orders out, while it runs. */
export interface FulfilmentService {
  readonly engine: WorkflowEngine;
  readonly consumers: readonly Consumer[];
  /** Takes no more work, leaves what is under way where its records end. Idempotent. */
  stop(): Promise<void>;
}

type OrderWork = z.infer<(typeof orderWork)["message"]["schema"]>;

/**
 * The run has ended, or never began: what is said to it comes too late, or the run will see it for itself. Or it is
 * recorded, and whoever owns the run has not come to it yet.
 */
const SAID: ReadonlySet<string> = new Set(["workflow-unknown", "workflow-ended", "workflow-answer-pending"]);

/** What stalls, by contract, for whoever has it compared. */
export function stalledRuns(parts: Pick<FulfilmentParts, "store" | "clock" | "ids" | "random">): Service {
  const workflows = workflowClient({ ...parts, taskQueue: TASK_QUEUE, answerMs: ANSWER_MS });
  return service(comparisonContract("fulfilment"), new StalledRuns(workflows));
}

/** Starts the fulfilment context: the workflow's engine, and the consumers of what others ask of it. */
export function startFulfilment(parts: FulfilmentParts): FulfilmentService {
  const { store, clock, ids, random, owner, tuning = {} } = parts;
  const engine = new WorkflowEngine({
    store,
    clock,
    ids,
    random,
    owner,
    tuning: { answerMs: ANSWER_MS, ...tuning },
    taskQueue: TASK_QUEUE,
    workflows: [fulfilOrder],
    steps: stepImplementations(parts),
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
      return unlessSaid(engine.cancel(id, message.reason));
    case "released":
      return unlessSaid(engine.signal(fulfilOrder, id, "released", {}));
  }
}

function settle(engine: WorkflowEngine, message: PaymentOutcome): Promise<void> {
  const { type, orderId } = message;
  const outcome = type === "settled" ? { type } : { type, code: message.code, reason: message.reason };
  return unlessSaid(engine.signal(fulfilOrder, fulfilmentId(orderId), "paymentOutcome", outcome));
}

async function unlessSaid(said: Promise<unknown>): Promise<void> {
  try {
    await said;
  } catch (error) {
    if (!SAID.has(errorCode(error) ?? "")) throw error;
  }
}
