import type { Row, Store } from "@daybook/data/store";
import { memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { rowsOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";

const RUNS = "workflow";
const SUMMARY = "workflow-";
const SHARDS = 16;
const OPEN: ReadonlySet<string> = new Set(["created", "running", "paused", "compensating"]);

/** No workflow is without an end, which the log knows, or a next step: a due item in the queue of its shard. */
export function runsCheck({ store, head }: Verifying): Check {
  const findings = new Findings("workflows");
  const ended = new Set<string>();
  return {
    findings: [findings],
    fact({ stored: { stream, type } }) {
      if (stream.startsWith(SUMMARY) && type === "WorkflowEnded") ended.add(stream.slice(SUMMARY.length));
    },
    async end() {
      let attention = 0;
      for await (const row of rowsOf(store, RUNS)) {
        findings.checked++;
        if (memberOf(parsedJson(row.value), "attention") !== undefined) attention++;
        const fault = isOpenRun(row) ? await stepFault(store, row) : endFault(row, ended, head.position);
        if (fault !== undefined) findings.violated(fault, { key: `${RUNS}/${row.key}` });
      }
      if (attention > 0) findings.measure("attention", attention);
    },
  };
}

export function isOpenRun({ value }: Pick<Row, "value">): boolean {
  return OPEN.has(String(memberOf(parsedJson(value), "status")));
}

async function stepFault(store: Store, row: Row): Promise<string | undefined> {
  const queue = `workflow/${String(memberOf(parsedJson(row.value), "queue"))}/${shardOf(row.key)}`;
  if (await store.getDue(queue, row.key)) return undefined;
  const now = await store.getRow(RUNS, row.key);
  return now?.revision === row.revision ? "an open workflow has no next step" : undefined;
}

function endFault({ key, position }: Row, ended: ReadonlySet<string>, head: number): string | undefined {
  return position > head || ended.has(key) ? undefined : "a workflow is over, and the log does not know how it ended";
}

/** FNV-1a over the id's code units, as 32 bits. */
function shardOf(id: string): number {
  const hash = Array.from(id).reduce((before, letter) => Math.imul(before ^ letter.charCodeAt(0), 0x01000193), 0x811c9dc5);
  return (hash >>> 0) % SHARDS;
}
