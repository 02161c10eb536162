import { aggregates, type Aggregates, type ExecuteOptions, type Outcome } from "@daybook/data/cqrs/aggregates";
import { streamName } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { RowCursor } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import type { Asking } from "./contract.ts";
import { QUESTION_CATEGORY, type QuestionEvent } from "./events.ts";
import { questionDecider, questionIdOf, type Question, type QuestionCommand } from "./question.ts";
import {
  getQuestion,
  listQuestions,
  questionRow,
  type QuestionDetails,
  type QuestionPage,
  type QuestionSearch,
} from "./question-row.ts";

export interface QuestionsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** Something that happened to a question, and whose doing it was. */
export interface QuestionMoment {
  readonly event: QuestionEvent;
  readonly at: number;
  readonly actor: string;
  /** Id of what brought it about. */
  readonly cause: string;
}

/** Carries out `questionsContract`, and what people do with questions. */
export class Questions implements Asking {
  private readonly aggregates: Aggregates<Question, QuestionCommand>;
  private readonly parts: QuestionsParts;

  constructor(parts: QuestionsParts) {
    this.parts = parts;
    this.aggregates = aggregates({ ...parts, decider: questionDecider, inline: questionRow });
  }

  readonly ask: Asking["ask"] = async ({ source, ...difference }, { context }) => {
    const questionId = questionIdOf(source, difference);
    // What is asked of an order stands in the order's life.
    const about = { ...context, correlationId: difference.orderId ?? questionId };
    await this.tell({ type: "ask", questionId, source, difference }, about);
    return { value: { questionId } };
  };

  /** It is no longer so. Harmless when it does not wait for anybody. */
  settle({ questionId, orderId }: { readonly questionId: string; readonly orderId?: string | undefined }, context: Context) {
    return this.tell({ type: "settle", questionId }, { ...context, correlationId: orderId ?? questionId });
  }

  /** What a person does: refused with `question-not-found` and `question-closed`. */
  async execute<Answer>(command: QuestionCommand, options: ExecuteOptions<Question, Answer>) {
    const found = await this.get(command.questionId);
    const context = { ...options.context, correlationId: found?.question.orderId ?? command.questionId };
    return this.aggregates.execute(command.questionId, command, { ...options, context });
  }

  get(questionId: string): Promise<QuestionDetails | undefined> {
    return getQuestion(this.parts.events.store, questionId);
  }

  /** All that happened to it, oldest first. */
  async history(questionId: string): Promise<readonly QuestionMoment[]> {
    const recorded = await this.parts.events.read<QuestionEvent>(streamName(QUESTION_CATEGORY, questionId));
    return recorded.map(({ event, recordedAt: at, meta: { actor, causation: cause } }) => ({ event, at, actor, cause }));
  }

  list(search: QuestionSearch, page: { readonly limit: number; readonly after?: RowCursor }): Promise<QuestionPage> {
    return listQuestions(this.parts.events.store, search, page);
  }

  private async tell(command: QuestionCommand, context: Context): Promise<void> {
    const render = (outcome: Outcome<Question>) => outcome.kind;
    await this.aggregates.execute(command.questionId, command, { context, render });
  }
}
