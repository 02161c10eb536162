import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import { money } from "@daybook/kernel/money";
import type { ReturnableOrder } from "@daybook/shop-ordering/contract";
import { chargedLines, shareOf, type CameBack } from "./amounts.ts";
import type { Return, ReturnedItem } from "./contract.ts";

/** The lines of a return, or why there is none. */
export type Chosen = { readonly lines: Return["lines"] } | { readonly refusal: Refusal };

const NOTHING: CameBack = { quantity: 0, minor: 0n };

/** Which pieces of which lines come back, and what they give; everything that is left, without `items`. Pure. */
export function chosenLines(
  order: ReturnableOrder,
  standing: readonly Return[],
  items: readonly ReturnedItem[] | undefined,
): Chosen {
  const before = cameBack(standing);
  const left = order.lines.map(({ quantity }, at) => quantity - (before.get(at + 1) ?? NOTHING).quantity);
  const taken = items ? takenBy(items, order, left) : left;
  if ("refusal" in taken) return taken;
  const charged = chargedLines(order);
  const lines = order.lines.flatMap(({ productId, quantity: bought }, at) => {
    const quantity = taken[at] ?? 0;
    if (quantity === 0) return [];
    const minor = shareOf(charged[at] ?? 0n, bought, before.get(at + 1) ?? NOTHING, quantity);
    return [{ line: at + 1, productId, quantity, amount: money(minor, order.currency) }];
  });
  return lines.length === 0 ? refuse("nothing-to-return", "All of the order has come back, or is about to.") : { lines };
}

/** By line: what came back in returns that were not rejected. */
function cameBack(returns: readonly Return[]): ReadonlyMap<number, CameBack> {
  const sums = new Map<number, CameBack>();
  const lines = returns.filter(({ status }) => status !== "rejected").flatMap((each) => each.lines);
  for (const { line, quantity, amount } of lines) {
    const before = sums.get(line) ?? NOTHING;
    sums.set(line, { quantity: before.quantity + quantity, minor: before.minor + BigInt(amount.minor) });
  }
  return sums;
}

/** Pieces by line, or which item is too many. */
function takenBy(
  items: readonly ReturnedItem[],
  { lines }: ReturnableOrder,
  left: readonly number[],
): readonly number[] | { readonly refusal: Refusal } {
  const taken = lines.map(() => 0);
  for (const { productId, quantity, line } of items) {
    const isMeant = (at: number) => lines[at]?.productId === productId && (line ?? at + 1) === at + 1;
    const meant = [...lines.keys()].filter(isMeant);
    const about = { productId, ...(line !== undefined && { line }) };
    if (meant.length === 0) return refuse("not-in-order", `The order has no ${productId} there.`, about);
    let rest = quantity;
    for (const at of meant) {
      const pieces = Math.min(rest, (left[at] ?? 0) - (taken[at] ?? 0));
      taken[at] = (taken[at] ?? 0) + pieces;
      rest -= pieces;
    }
    if (rest === 0) continue;
    const sum = (counts: readonly (number | undefined)[]) => meant.reduce((all, at) => all + (counts[at] ?? 0), 0);
    const returnable = sum(left);
    const details = { ...about, bought: sum(lines.map((each) => each.quantity)), returnable };
    return refuse("too-many-returned", `${returnable} of ${productId} can come back.`, details);
  }
  return taken;
}
