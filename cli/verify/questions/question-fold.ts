import { canonicalText, isRecord, type JsonRecord } from "../canonical-text.ts";

/** What a question is after its events, by their meaning. */
export interface FoldedQuestion {
  readonly status: "open" | "taken" | "resolved" | "settled";
  /** What the row shows beside status and version. */
  readonly asked: JsonRecord;
  readonly version: number;
}

interface QuestionFact {
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
}

interface Step {
  readonly question: FoldedQuestion | undefined;
  readonly fault?: string;
}

const ASKED = ["source", "cause", "subject", "found"];
const WAITING = ["open", "taken"];

/** The question after one more event, and why that event could not have been accepted. */
export function foldQuestion(
  questionId: string,
  before: FoldedQuestion | undefined,
  { type, version, data }: QuestionFact,
): Step {
  if (!isRecord(data)) return { question: before, fault: "an event without data" };
  if (data["questionId"] !== questionId) return { question: before, fault: "the question's id is not its stream's" };
  if (type === "QuestionAsked") return asked(before, data, version);
  if (!before) return { question: undefined, fault: `${type}, but nobody asked` };
  if (!isWaiting(before)) return { question: before, fault: `${type}, but the question was ${before.status}` };
  const { by, note, reason, found } = data;
  switch (type) {
    case "QuestionChanged":
      if (found === before.asked["found"]) return { question: before, fault: "changed to what it was" };
      return { question: { ...before, asked: { ...before.asked, found }, version } };
    case "QuestionTaken":
      if (!isText(by) || !isText(note)) return { question: before, fault: "taken by nobody, or without a note" };
      return { question: { status: "taken", asked: { ...before.asked, taken: { by, note } }, version } };
    case "QuestionResolved":
      if (!isText(by) || !isText(reason)) return { question: before, fault: "resolved by nobody, or without a reason" };
      return { question: { status: "resolved", asked: { ...before.asked, resolved: { by, reason } }, version } };
    case "QuestionSettled":
      return { question: { ...before, status: "settled", version } };
    default:
      return { question: before, fault: "not an event of a question" };
  }
}

/** Waits for a person. */
export function isWaiting({ status }: FoldedQuestion): boolean {
  return WAITING.includes(status);
}

/** The text of the question's row in the read model "questions". */
export function questionRowText({ status, asked, version }: FoldedQuestion): string {
  return canonicalText({ question: { ...asked, status }, version });
}

function asked(before: FoldedQuestion | undefined, data: JsonRecord, version: number): Step {
  const question: FoldedQuestion = { status: "open", asked: data, version };
  if (!ASKED.every((name) => isText(data[name])) || !Number.isSafeInteger(data["askedAt"])) {
    return { question, fault: "asked without a cause, a subject, or what was found" };
  }
  if (before && isWaiting(before)) return { question, fault: "asked, but it waits for somebody already" };
  const isAnswered = before?.status === "resolved" && before.asked["found"] === data["found"];
  return isAnswered ? { question, fault: "asked again, but somebody has resolved exactly this" } : { question };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
