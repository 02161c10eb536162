import { projection } from "@daybook/data/cqrs/projection";
import type { ReadModel } from "@daybook/data/cqrs/read-model";
import type { CopyEvent } from "./copy.ts";

export interface Loan {
  readonly copy: string;
  readonly title: string;
  readonly reader: string;
  readonly dueAt: number;
}

/** What is lent now: a row for each copy, found by its reader or by the day when it is due. */
export const loans = projection<Loan, CopyEvent>({
  name: "loans",
  version: 1,
  categories: ["copy"],
  project({ stream, event }, view) {
    const copy = stream.slice("copy-".length);
    if (event.type === "CopyReturned") view.delete(copy);
    if (event.type !== "CopyLent") return;
    const { title, reader, dueAt } = event.data;
    view.put(copy, { copy, title, reader, dueAt }, { reader: [`${reader} `], due: [String(dueAt).padStart(16, "0")] });
  },
});

export async function loansOf(model: ReadModel<Loan>, reader: string): Promise<readonly Loan[]> {
  const { rows } = await model.list({ index: "reader", prefix: `${reader} ` });
  return rows.map(({ value }) => value);
}

/** What should be back at `now`, the longest overdue first; at most 1,000. */
export async function overdueLoans(model: ReadModel<Loan>, now: number): Promise<readonly Loan[]> {
  const { rows } = await model.list({ index: "due" });
  return rows.map(({ value }) => value).filter(({ dueAt }) => dueAt < now);
}
