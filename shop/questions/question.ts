import { accept, refuse, type Decider, type Decision } from "@daybook/data/cqrs/decider";
import { digestHex } from "@daybook/kernel/digest";
import type { Difference, Source } from "./contract.ts";
import { QUESTION_CATEGORY, type QuestionEvent } from "./events.ts";

/** Work for a person: open, taken by somebody, resolved by somebody, or settled by itself. */
export type Question =
  | { readonly status: "absent" }
  | (Difference & {
      readonly status: "open" | "taken" | "resolved" | "settled";
      readonly questionId: string;
      readonly source: Source;
      /** Epoch milliseconds. */
      readonly askedAt: number;
      readonly taken?: { readonly by: string; readonly note: string };
      readonly resolved?: { readonly by: string; readonly reason: string };
    });
export type AskedQuestion = Exclude<Question, { status: "absent" }>;

export type QuestionCommand = { readonly questionId: string } & (
  | { readonly type: "ask"; readonly source: Source; readonly difference: Difference }
  | { readonly type: "take"; readonly by: string; readonly note: string }
  | { readonly type: "resolve"; readonly by: string; readonly reason: string }
  /** It is no longer so. */
  | { readonly type: "settle" }
);

/** One source asks of one thing for one cause once: known before it is asked. */
export function questionIdOf(source: Source, { cause, subject }: Pick<Difference, "cause" | "subject">): string {
  return `qst_${digestHex(`${source} ${cause} ${subject}`).slice(0, 26)}`;
}

/** Waits for somebody. */
export function isOpen({ status }: Question): boolean {
  return status === "open" || status === "taken";
}

/** One question. What is said twice changes nothing; what somebody has resolved is asked again when it is found otherwise. */
export const questionDecider: Decider<Question, QuestionCommand, QuestionEvent> = {
  category: QUESTION_CATEGORY,
  version: 1,
  initial: { status: "absent" },
  decide,
  evolve,
};

function decide(command: QuestionCommand, question: Question, at: number): Decision<QuestionEvent> {
  const { questionId } = command;
  if (command.type === "ask") return ask(command, question, at);
  if (question.status === "absent") return refuse("question-not-found", "There is no such question.");
  switch (command.type) {
    case "take": {
      const { by, note } = command;
      if (!isOpen(question)) return closed(question);
      if (question.taken?.by === by && question.taken.note === note) return accept();
      return accept({ type: "QuestionTaken", data: { questionId, by, note } });
    }
    case "resolve": {
      const { by, reason } = command;
      if (question.resolved?.by === by && question.resolved.reason === reason) return accept();
      return isOpen(question) ? accept({ type: "QuestionResolved", data: { questionId, by, reason } }) : closed(question);
    }
    case "settle":
      return isOpen(question) ? accept({ type: "QuestionSettled", data: { questionId } }) : accept();
  }
}

function ask(
  { questionId, source, difference }: QuestionCommand & { type: "ask" },
  question: Question,
  askedAt: number,
): Decision<QuestionEvent> {
  const isKnown = question.status !== "absent" && question.status !== "settled" && question.found === difference.found;
  if (isKnown) return accept();
  if (isOpen(question)) return accept({ type: "QuestionChanged", data: { questionId, found: difference.found } });
  return accept({ type: "QuestionAsked", data: { questionId, source, ...difference, askedAt } });
}

function closed({ status }: AskedQuestion): Decision<QuestionEvent> {
  return refuse("question-closed", `The question is ${status} already.`, { status });
}

function evolve(question: Question, event: QuestionEvent): Question {
  if (event.type === "QuestionAsked") return { ...event.data, status: "open" };
  return question.status === "absent" ? question : evolved(question, event);
}

function evolved(question: AskedQuestion, event: Exclude<QuestionEvent, { type: "QuestionAsked" }>): AskedQuestion {
  switch (event.type) {
    case "QuestionChanged":
      return { ...question, found: event.data.found };
    case "QuestionTaken": {
      const { by, note } = event.data;
      return { ...question, status: "taken", taken: { by, note } };
    }
    case "QuestionResolved": {
      const { by, reason } = event.data;
      return { ...question, status: "resolved", resolved: { by, reason } };
    }
    case "QuestionSettled":
      return { ...question, status: "settled" };
  }
}
