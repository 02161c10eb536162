import { extraRow, plant, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

const RULES = "question rules";
const ROWS = "questions read model (law 3)";
const COMPARISONS = "comparisons";

const ofSubject = (subject: string) =>
  `(SELECT json_extract(data, '$.questionId') FROM facts WHERE json_extract(data, '$.subject') = '${subject}' LIMIT 1)`;

export const PLANTED_QUESTIONS: readonly Plant[] = [
  plant(RULES, "a question asked of nothing", edited("QuestionAsked", "subject", "''"), /without a cause/),
  plant(RULES, "another question's id", edited("QuestionSettled", "questionId", "'qst_x'"), /not its stream's/),
  plant(RULES, "one that is taken and was never asked", renamed("QuestionAsked", "QuestionTaken"), /nobody asked/),
  plant(RULES, "one that was asked while it waited", renamed("QuestionSettled", "QuestionChanged"), /waits for somebody already/),
  plant(RULES, "one that was taken by nobody", edited("QuestionTaken", "by", "''"), /taken by nobody/),
  plant(RULES, "one that was resolved without a reason", edited("QuestionResolved", "reason", "''"), /without a reason/),
  plant(
    RULES,
    "one that was settled twice",
    renamed("QuestionAsked", "QuestionSettled", "1, not 4"),
    /but the question was settled/,
  ),
  plant(RULES, "one that changed to what it was", edited("QuestionChanged", "found", "'1, not 2'"), /changed to what it was/),
  plant(RULES, "something else in a question", renamed("QuestionTaken", "QuestionSung"), /not an event/),
  plant(
    RULES,
    "one that was asked again after it was resolved",
    sql(
      `UPDATE facts SET type = 'QuestionResolved', data = json_set(data, '$.by', 'u', '$.reason', 'r') WHERE type = 'QuestionSettled';
       UPDATE facts SET data = replace(data, '1, not 4', '1, not 2') WHERE type = 'QuestionAsked'`,
    ),
    /has resolved exactly this/,
  ),
  plant(ROWS, "another note", inRow("I call them", "I called them"), /not the fold/),
  plant(ROWS, "a missing row", missing(), /no row/),
  plant(ROWS, "a question that nobody asked", extraRow("questions"), /no stream/),
  plant(
    ROWS,
    "a question in another's list",
    sql("UPDATE row_index SET entry = replace(entry, 'resolved', 'settled') WHERE collection = 'questions' AND name = 'status'"),
    /not the row's/,
  ),
  plant(
    ROWS,
    "one that waits and is in no list",
    sql("DELETE FROM row_index WHERE collection = 'questions' AND name = 'open'"),
    /lacks the row/,
  ),
  plant(COMPARISONS, "one that found something and asked nobody", inComparison("differences", "5"), /asked nobody/),
  plant(COMPARISONS, "a count that is none", inComparison("settled", "-1"), /none/),
  plant(COMPARISONS, "an end before the beginning", inComparison("endedAt", "1"), /no order/),
  plant(COMPARISONS, "another source's", inComparison("source", "'payments'"), /another source/),
];

function renamed(from: string, to: string, found = ""): TrialChange {
  return sql(`UPDATE facts SET type = '${to}' WHERE type = '${from}' AND data LIKE '%${found}%'`);
}

function edited(type: string, member: string, value: string): TrialChange {
  return sql(`UPDATE facts SET data = json_set(data, '$.${member}', ${value}) WHERE type = '${type}'`);
}

function inRow(text: string, other: string): TrialChange {
  return sql(`UPDATE rows SET value = replace(value, '${text}', '${other}') WHERE collection = 'questions'`);
}

function missing(): TrialChange {
  const where = `WHERE collection = 'questions' AND key = ${ofSubject("ch_taken")}`;
  return sql(`DELETE FROM row_index ${where}; DELETE FROM rows ${where}`);
}

function inComparison(member: string, value: string): TrialChange {
  return sql(`UPDATE rows SET value = json_set(value, '$.${member}', ${value}) WHERE collection = 'comparisons'`);
}
