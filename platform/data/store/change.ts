import { categoryOf } from "./encode.ts";
import type { EncodedUnit } from "./engine.ts";
import type { Change } from "./port.ts";

/** What another process's commit may have changed. */
export const FOREIGN_CHANGE: Change = {
  isForeign: true,
  hasFacts: true,
  touchesCategory: () => true,
  touchesQueue: () => true,
  touchesKey: () => true,
};

/** What a batch may have changed, its refused units included. Looked up when somebody first asks. */
export function changeOf(batch: readonly EncodedUnit[]): Change {
  let touched: Touched | undefined;
  const all = () => (touched ??= touchedBy(batch));
  return {
    isForeign: false,
    get hasFacts() {
      return all().categories.size > 0;
    },
    touchesCategory: (categories) => categories.some((category) => all().categories.has(category)),
    touchesQueue: (queue) => all().queues.has(queue),
    touchesKey: (key) => all().keys.has(key),
  };
}

interface Touched {
  /** Of facts. */
  readonly categories: ReadonlySet<string>;
  readonly queues: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
}

function touchedBy(batch: readonly EncodedUnit[]): Touched {
  const categories = new Set<string>();
  const queues = new Set<string>();
  const keys = new Set<string>();
  for (const { effects } of batch) {
    for (const effect of effects) {
      if (effect.kind === "append" && effect.as === "fact") categories.add(categoryOf(effect.stream));
      else if (effect.kind === "schedule" || effect.kind === "finish") queues.add(effect.queue);
      else if (effect.kind === "putKey" || effect.kind === "deleteKey") keys.add(effect.key);
    }
  }
  return { categories, queues, keys };
}
