import { canonical } from "@daybook/kernel/canonical";
import type { Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { View } from "./projection.ts";

/** A view over the rows of a collection that remembers what one page of events did to them. */
export interface PageView<Value> extends View<Value> {
  /** One effect for each row that was touched. */
  effects(): readonly Effect[];
}

type RowEffect = Extract<Effect, { kind: "putRow" | "deleteRow" }>;

export function pageView<Value>(store: Store, collection: string): PageView<Value> {
  const touched = new Map<string, RowEffect>();
  /** Rows as read; they do not change under the only applier, and if they do, the unit is refused. */
  const known = new Map<string, string | undefined>();

  async function textOf(key: string): Promise<string | undefined> {
    const change = touched.get(key);
    if (change) return change.kind === "putRow" ? change.value : undefined;
    if (!known.has(key)) known.set(key, (await store.getRow(collection, key))?.value);
    return known.get(key);
  }

  return {
    async get(key) {
      const text = await textOf(key);
      return text === undefined ? undefined : (JSON.parse(text) as Value); // put by this projection
    },
    put(key, value, index) {
      touched.set(key, { kind: "putRow", collection, key, value: canonical(value), ...(index && { index }) });
    },
    delete(key) {
      touched.set(key, { kind: "deleteRow", collection, key });
    },
    effects: () => [...touched.values()],
  };
}
