import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Log } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { Consumer } from "@daybook/messaging/queue/consumer";
import { service, type Service } from "@daybook/network/rpc/server";
import { Comparisons, comparisons, type ComparisonsParts } from "./comparisons.ts";
import { questionsContract } from "./contract.ts";
import { Questions } from "./questions.ts";

/** Queues of this context. */
export const QUESTION_QUEUES = [comparisons];

export interface QuestionsServiceParts {
  /** Knows `questionEvents`. */
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly tenant: string;
  /** Who compares what, by contract. */
  readonly sources: ComparisonsParts["sources"];
}

export interface QuestionsService {
  /** Carries out `questionsContract` for other contexts. */
  readonly calls: Service;
  readonly questions: Questions;
  readonly comparisons: Pick<Comparisons, "request" | "last">;
  /** Starts comparing, in a process whose sources can ask the other side. */
  startComparing(random: Random): Consumer;
}

/** The questions context, put together. */
export function questionsService(parts: QuestionsServiceParts): QuestionsService {
  const { events, tenant } = parts;
  const questions = new Questions(parts);
  const context = { correlationId: "cor_comparisons", actor: "sys_questions", tenant };
  const comparing = new Comparisons({ ...parts, store: events.store, context, questions });
  return {
    calls: service(questionsContract, questions),
    questions,
    comparisons: comparing,
    startComparing: (random) => comparing.start(random),
  };
}
