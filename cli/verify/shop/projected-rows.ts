import type { Findings } from "../findings.ts";
import { entriesOf, rowsOf } from "../listed-entries.ts";
import { checkpointOf, type ModelMarks, type Verifying } from "../verifying.ts";

/** A row of a read model that follows the log, and its entries: `{list}/{entry}`. */
export interface ProjectedRow {
  readonly text: string;
  readonly entries: readonly string[];
}

/**
 * Compares the rows of a read model's live generation with the fold of the facts up to its checkpoint, and its lists with
 * their entries. Nothing is said of a model that went on since the marks were read: that is compared another time.
 */
export async function compareProjected(
  { store, meter }: Verifying,
  { collection, checkpoint }: ModelMarks,
  expected: ReadonlyMap<string, ProjectedRow>,
  findings: Findings,
): Promise<void> {
  const faults: { readonly what: string; readonly key: string }[] = [];
  const missing = new Set(expected.keys());
  const unlisted = new Map([...expected].map(([key, { entries }]) => [key, new Set(entries)]));
  meter.begin(collection, expected.size);
  for await (const { key, value } of rowsOf(store, collection)) {
    meter.step();
    findings.checked++;
    missing.delete(key);
    const wanted = expected.get(key);
    if (!wanted) faults.push({ what: "the row is of nothing in the log", key });
    else if (wanted.text !== value) faults.push({ what: "the row is not the fold of the log", key });
  }
  for (const key of missing) faults.push({ what: "there is no row", key });
  for await (const { index, entry, key } of entriesOf(store, collection)) {
    findings.checked++;
    if (unlisted.get(key)?.delete(`${index}/${entry}`) !== true) {
      faults.push({ what: `an entry of the list "${index}" is not the row's`, key });
    }
  }
  for (const [key, rest] of unlisted) if (rest.size > 0) faults.push({ what: "a list lacks the row", key });
  if ((await checkpointOf(store, collection)) !== checkpoint) return;
  for (const { what, key } of faults) findings.violated(what, { key: `${collection}/${key}` });
}
