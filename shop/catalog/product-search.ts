import { projection, type Projection } from "@daybook/data/cqrs/projection";
import { readModel } from "@daybook/data/cqrs/read-model";
import type { RowCursor, Store } from "@daybook/data/store";
import { normalised } from "@daybook/kernel/sealed";
import type { Product } from "./contract.ts";
import { PRODUCT_CATEGORY, type ProductEvent } from "./events.ts";

/** The read model "product-search": one row a product, listed under the words of its name and id. */
const SEARCH = "product-search";
const WORD = "word";
const WORDS_MAX = 50;
const LOOKED_AT_MAX = 5_000;

export interface SearchedProduct {
  /** Distinct, sorted. */
  readonly words: readonly string[];
}

export function productSearch(): Projection<SearchedProduct, ProductEvent> {
  return projection<SearchedProduct, ProductEvent>({
    name: SEARCH,
    version: 1,
    categories: [PRODUCT_CATEGORY],
    project({ event }, view) {
      const words = wordsOf(event.data);
      view.put(event.data.productId, { words }, { [WORD]: words });
    },
  });
}

/** Ids of products that have, for each word of `text`, a word that begins with it; looks at no more than 5,000 rows. */
export async function foundProducts(store: Store, text: string, limit: number): Promise<readonly string[]> {
  const sought = wordsIn(text);
  const longest = sought.toSorted((a, b) => b.length - a.length)[0];
  if (longest === undefined) return [];
  const model = readModel<SearchedProduct>(store, SEARCH);
  const found = new Set<string>();
  let after: RowCursor | undefined;
  for (let looked = 0; looked < LOOKED_AT_MAX;) {
    const { rows, next } = await model.list({ index: WORD, prefix: longest, limit: 500, ...(after && { after }) });
    const fitting = rows.filter(({ value: { words } }) => sought.every((each) => words.some((word) => word.startsWith(each))));
    for (const { key } of fitting) found.add(key);
    looked += rows.length;
    after = next;
    if (!after) break;
  }
  return [...found].sort().slice(0, limit);
}

function wordsOf({ productId, name }: Product): readonly string[] {
  return wordsIn(`${name} ${productId}`).slice(0, WORDS_MAX).sort();
}

/** Distinct; letters and digits of any script, without regard to case and accents. */
function wordsIn(text: string): readonly string[] {
  return [...new Set(normalised(text).match(/[\p{L}\p{N}]+/gu))];
}
