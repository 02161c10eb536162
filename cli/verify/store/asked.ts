import type { DueItem, Store } from "@daybook/data/store";
import { memberOf, parsedJson } from "../canonical-text.ts";
import { namesOf, paged, rowsOf } from "../listed-entries.ts";

/** What messages of a queue speak of, by `member`; also those that were given up for a person to look at. */
export async function askedIn(store: Store, queue: string, member: string): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  const note = (text: string) => text.split("\n").forEach((line) => idsIn(parsedJson(line), member, asked));
  for await (const name of namesOf(store, "queue")) {
    if (name.startsWith(`queue/${queue}/`)) for await (const { payload } of dueOf(store, name, Infinity)) note(payload);
  }
  for await (const { value } of rowsOf(store, `dead.${queue}`)) note(value);
  return asked;
}

/** Due items of a queue up to a time. */
export function dueOf(store: Store, queue: string, until: number): AsyncGenerator<DueItem> {
  return paged((after: DueItem | undefined) =>
    store.listDue(queue, until, after ? { after: { at: after.at, id: after.id } } : {}),
  );
}

function idsIn(value: unknown, member: string, found: Set<string>): void {
  const id = memberOf(value, member);
  if (typeof id === "string") found.add(id);
  else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) idsIn(part, member, found);
}
