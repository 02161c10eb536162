import type { RowCursor } from "@daybook/data/store";
import type { RowIndex } from "@daybook/data/store/unit";
import type { ReadModel, ReadRow } from "./read-model.ts";

/**
 * Rows that are found by parts of personal texts without holding them: each is listed under the keyed tokens of its
 * texts (`searchTokens`). Whether a whole text is there is seen in the opened fields only.
 */
export interface Tokened {
  /** Distinct, sorted. */
  readonly tokens: readonly string[];
}

const INDEX = "token";
const TOKENS_MAX = 500;
const ROWS_MAX = 10_000;
/** Tokens whose rows are counted to find a rare one, and up to how many. */
const COUNTED_TOKENS = 12;
const COUNT_CAP = 1_000;
const PAGE = 100;

/** The tokens of a row: the fresh ones, then those it had before, up to 500. */
export function mergedTokens(fresh: readonly string[], before: readonly string[] = []): readonly string[] {
  return [...new Set([...fresh, ...before])].slice(0, TOKENS_MAX).sort();
}

/** The lists that a row with these tokens is in. */
export function tokenIndex(tokens: readonly string[]): RowIndex {
  return { [INDEX]: tokens };
}

/** Rows that have all `tokens`, by key; gives up after 10,000 that have the rarest of them. No tokens, none. */
export async function* rowsWithTokens<Value extends Tokened>(
  model: ReadModel<Value>,
  tokens: readonly string[],
): AsyncIterable<ReadRow<Value>> {
  const token = await rarest(model, tokens);
  if (token === undefined) return;
  for await (const row of rowsWith(model, token)) if (tokens.every((each) => row.value.tokens.includes(each))) yield row;
}

async function rarest(model: ReadModel<Tokened>, tokens: readonly string[]): Promise<string | undefined> {
  const counted = tokens.slice(0, COUNTED_TOKENS).map(async (token) => {
    return { token, count: await model.count({ index: INDEX, prefix: token }, COUNT_CAP) };
  });
  return (await Promise.all(counted)).toSorted((a, b) => a.count - b.count)[0]?.token;
}

async function* rowsWith<Value>(model: ReadModel<Value>, token: string): AsyncIterable<ReadRow<Value>> {
  let after: RowCursor | undefined;
  for (let seen = 0; seen < ROWS_MAX; seen += PAGE) {
    const page = await model.list({ index: INDEX, prefix: token, limit: PAGE, ...(after && { after }) });
    yield* page.rows;
    after = page.next;
    if (!after) return;
  }
}
