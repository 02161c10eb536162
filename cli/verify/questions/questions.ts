import { memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { rowsOf } from "../listed-entries.ts";
import { placeOf, type Check } from "../log/fact.ts";
import { compareLists, compareRows, textDigest, type ExpectedRow } from "../shop/expected-rows.ts";
import type { Verifying } from "../verifying.ts";
import { foldQuestion, isWaiting, questionRowText, type FoldedQuestion } from "./question-fold.ts";

interface ExpectedQuestion extends ExpectedRow {
  readonly question: FoldedQuestion;
}

type EntryOf = (id: string, expected: ExpectedQuestion) => string | undefined;

const CATEGORY = "question-";
const LISTS: Readonly<Record<string, EntryOf>> = {
  open: (_, { question }) => (isWaiting(question) ? time(question) : undefined),
  source: (_, { question }) => (isWaiting(question) ? `${String(question.asked["source"])} ${time(question)}` : undefined),
  status: (_, { question }) => `${question.status} ${time(question)}`,
  order: (_, { question }) => {
    const { orderId } = question.asked;
    return typeof orderId === "string" ? `${orderId} ${time(question)}` : undefined;
  },
};

/**
 * Every question is folded anew: each event was legal after those before it, what a person did has their name and words; its
 * row is that fold, in the lists that it belongs to. A comparison that found differences has asked.
 */
export function questionsCheck({ store, head, meter }: Verifying): Check {
  const rules = new Findings("question rules");
  const rows = new Findings("questions read model (law 3)");
  const comparisons = new Findings("comparisons");
  const expected = new Map<string, ExpectedQuestion>();
  return {
    findings: [rules, rows, comparisons],
    fact(fact) {
      const { stream, position, recordedAt } = fact.stored;
      if (!stream.startsWith(CATEGORY)) return;
      rules.checked++;
      const questionId = stream.slice(CATEGORY.length);
      const before = expected.get(questionId)?.question;
      const { question, fault } = foldQuestion(questionId, before, { ...fact.stored, data: fact.data });
      if (fault !== undefined) rules.violated(fault, placeOf(fact));
      if (question) expected.set(questionId, { digest: textDigest(questionRowText(question)), position, recordedAt, question });
    },
    async end() {
      const collection = { store, name: "questions", expected, head, findings: rows, meter };
      await compareRows(collection);
      await compareLists(collection, LISTS);
      const asking = new Set([...expected.values()].map(({ question }) => question.asked["source"]));
      for await (const { key, value } of rowsOf(store, "comparisons")) {
        comparisons.checked++;
        const fault = comparisonFault(key, parsedJson(value), asking);
        if (fault !== undefined) comparisons.violated(fault, { key: `comparisons/${key}` });
      }
    },
  };
}

function comparisonFault(source: string, comparison: unknown, asking: ReadonlySet<unknown>): string | undefined {
  const numbers = ["from", "to", "startedAt", "endedAt", "until", "compared", "differences", "settled"];
  const values = numbers.map((name) => memberOf(comparison, name));
  const [from = 0, to = 0, startedAt = 0, endedAt = 0, until = 0, , differences = 0] = values.map(Number);
  if (memberOf(comparison, "source") !== source) return "it is of another source than its key says";
  if (values.some((value) => !Number.isSafeInteger(value) || Number(value) < 0)) return "a time or a count is none";
  if (from > to || to > endedAt || startedAt > endedAt || until > endedAt) return "its times are in no order";
  return differences > 0 && !asking.has(source) ? "it found differences, and asked nobody" : undefined;
}

/** Lists are in the order of the texts: fifteen digits. */
function time({ asked }: FoldedQuestion): string {
  return String(Number(asked["askedAt"])).padStart(15, "0");
}
