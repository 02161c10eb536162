import type { PlacedOrRefused } from "@daybook/shop-ordering/contract";

/** What became of one imported order. `exists`: it had been placed before, which is how an import is resumed. */
export type ImportAnswer =
  | { readonly outcome: "placed" | "exists" }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string };

export function importAnswer(outcome: PlacedOrRefused): ImportAnswer {
  if (outcome.kind === "done") return { outcome: "placed" };
  const { code, message } = outcome.refusal;
  return code === "order-exists" ? { outcome: "exists" } : { outcome: "refused", code, message };
}
