import type { Folded } from "@daybook/data/event-store/fold";
import type { Row, RowCursor, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Source } from "./contract.ts";
import { isOpen, type AskedQuestion, type Question } from "./question.ts";

/** The read model "questions": one row a question, put with each of its events. */
const QUESTIONS = "questions";

/** Lists, each in the order of asking; the first two of what waits for somebody. */
const LISTS = { open: "open", source: "source", status: "status", order: "order" } as const;

export interface QuestionDetails {
  readonly question: AskedQuestion;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

export interface QuestionPage {
  readonly questions: readonly QuestionDetails[];
  readonly next?: RowCursor;
}

/** One of: a source's that wait, those of a status, an order's; else all that wait. */
export interface QuestionSearch {
  readonly source?: Source | undefined;
  readonly status?: AskedQuestion["status"] | undefined;
  readonly orderId?: string | undefined;
}

/** The effect that keeps a question's row; pure. */
export function questionRow(id: string, { state, version }: Folded<Question>): readonly Effect[] {
  if (state.status === "absent") return [];
  const time = String(state.askedAt).padStart(15, "0");
  const open = isOpen(state) ? { [LISTS.open]: [time], [LISTS.source]: [`${state.source} ${time}`] } : {};
  const order = state.orderId === undefined ? {} : { [LISTS.order]: [`${state.orderId} ${time}`] };
  const index = { ...open, ...order, [LISTS.status]: [`${state.status} ${time}`] };
  const value = canonical({ question: state, version });
  return [{ kind: "putRow", collection: QUESTIONS, key: id, value, index }];
}

export async function getQuestion(store: Store, questionId: string): Promise<QuestionDetails | undefined> {
  const row = await store.getRow(QUESTIONS, questionId);
  return row && detailsOf(row);
}

/** Longest waiting first. */
export async function listQuestions(
  store: Store,
  search: QuestionSearch,
  page: { readonly limit: number; readonly after?: RowCursor },
): Promise<QuestionPage> {
  const { rows, next } = await store.listRows({ collection: QUESTIONS, ...listOf(search), ...page });
  return { questions: rows.map(detailsOf), ...(next && { next }) };
}

function listOf({ source, status, orderId }: QuestionSearch): { readonly index: string; readonly prefix?: string } {
  if (source !== undefined) return { index: LISTS.source, prefix: `${source} ` };
  if (status !== undefined) return { index: LISTS.status, prefix: `${status} ` };
  return orderId === undefined ? { index: LISTS.open } : { index: LISTS.order, prefix: `${orderId} ` };
}

interface QuestionRow {
  readonly question: AskedQuestion;
  readonly version: number;
}

function detailsOf({ value, recordedAt }: Row): QuestionDetails {
  return { ...(JSON.parse(value) as QuestionRow), changedAt: recordedAt }; // written by questionRow
}
