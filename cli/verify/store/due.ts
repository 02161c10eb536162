import type { DueItem, Store } from "@daybook/data/store";
import { parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { namesOf, paged } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";

/** Due items of every queue: listed by time, each with a revision from 1, a time, and a payload of JSON: of a queue's message, a line of header and one of body. */
export function dueCheck(store: Store): Check {
  const findings = new Findings("due items");
  return {
    findings: [findings],
    async end() {
      for await (const queue of namesOf(store, "queue")) {
        const items = paged((after: DueItem | undefined) =>
          store.listDue(queue, Infinity, after ? { after: { at: after.at, id: after.id } } : {}),
        );
        for await (const item of items) {
          findings.checked++;
          for (const fault of faultsOf(item)) findings.violated(fault, { key: `${queue}/${item.id}` });
        }
      }
    },
  };
}

function* faultsOf({ at, revision, payload }: DueItem): Generator<string> {
  if (!Number.isSafeInteger(revision) || revision < 1) yield "the revision is not a number from 1";
  if (!Number.isSafeInteger(at)) yield "the time is no time";
  if (payload !== "" && payload.split("\n").some((line) => parsedJson(line) === undefined)) yield "the payload is no JSON";
}
