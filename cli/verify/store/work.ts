import type { Store, StoredEvent } from "@daybook/data/store";
import { isCanonical, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { namesOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";

const PAGE = 1_000;

/**
 * The versions of each stream of work are contiguous from 1, up to what the store says of the stream; its events are in the
 * form of events. A stream may end while it is read: then nothing of it is left.
 */
export function workCheck(store: Store): Check {
  const findings = new Findings("work");
  return {
    findings: [findings],
    async end() {
      for await (const stream of namesOf(store, "work")) {
        const said = await store.streamVersion(stream, "work");
        const last = await readWork(store, stream, findings);
        if (last >= said || (await store.streamVersion(stream, "work")) < said) continue;
        findings.violated(`the stream's version is ${said}, its last event's ${last}`, { stream });
      }
    },
  };
}

async function readWork(store: Store, stream: string, findings: Findings): Promise<number> {
  let last = 0;
  for (;;) {
    const page = await store.readStream(stream, { as: "work", from: last + 1, limit: PAGE });
    for (const event of page) {
      findings.checked++;
      if (event.version !== last + 1) findings.violated(`version ${event.version} follows version ${last}`, { stream });
      const fault = faultOf(event);
      if (fault !== undefined) findings.violated(fault, { stream });
      last = event.version;
    }
    if (page.length < PAGE) return last;
  }
}

function faultOf({ id, data, meta, position }: StoredEvent): string | undefined {
  if (!/^.+\/(0|[1-9]\d*)$/.test(id)) return "the id is not a unit's id and an ordinal";
  if (position !== 0) return "work has no position";
  if (!isCanonical(data, parsedJson(data))) return "the data is not canonical JSON text";
  return isCanonical(meta, parsedJson(meta)) ? undefined : "the cause is not canonical JSON text";
}
