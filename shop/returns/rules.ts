import { givenId } from "@daybook/kernel/ids";
import type { Money } from "@daybook/kernel/money";
import { z } from "zod";

/** What a rule looks at; all that it names must be so. */
const conditionSchema = z.strictObject({
  /** The return is told of afterwards, by an import. */
  isImported: z.boolean().optional(),
  /** Days from the order's placing to the return. */
  afterDays: z.int().min(0).optional(),
  /** Worth more than so many minor units, by currency; of other currencies nothing is. */
  above: z.record(z.string().regex(/^[A-Z]{3}$/), z.int().min(0)).optional(),
  /** One of these products is among it. */
  products: z.array(givenId).optional(),
});

/** What becomes of a return that is asked for: rules in order, the first that fits decides; none: a person does. */
export const returnRulesSchema = z.array(
  z.discriminatedUnion("decision", [
    z.strictObject({ if: conditionSchema.default({}), decision: z.literal("accept") }),
    z.strictObject({ if: conditionSchema.default({}), decision: z.enum(["ask", "refuse"]), because: z.string().min(1).max(300) }),
  ]),
);
export type ReturnRules = z.infer<typeof returnRulesSchema>;

export const DEFAULT_RULES: ReturnRules = returnRulesSchema.parse([
  { if: { isImported: true }, decision: "accept" },
  { if: { afterDays: 60 }, decision: "ask", because: "The order was placed more than 60 days ago." },
  { if: { above: { EUR: 50_000, GBP: 50_000, USD: 50_000 } }, decision: "ask", because: "It is worth more than 500." },
  { decision: "accept" },
]);

/** A return, as far as rules look at it. */
export interface Judged {
  readonly isImported: boolean;
  readonly placedAt: number;
  readonly returnedAt: number;
  readonly amount: Money;
  readonly products: readonly string[];
}

export type Judgement = { readonly decision: "accept" } | { readonly decision: "ask" | "refuse"; readonly because: string };

const DAY_MS = 24 * 60 * 60 * 1_000;
const NONE_FITS: Judgement = { decision: "ask", because: "No rule says what becomes of it." };

/** Pure. */
export function judged(rules: ReturnRules, about: Judged): Judgement {
  return rules.find((rule) => fits(rule.if, about)) ?? NONE_FITS;
}

function fits({ isImported, afterDays, above, products }: z.infer<typeof conditionSchema>, about: Judged): boolean {
  if (isImported !== undefined && isImported !== about.isImported) return false;
  if (afterDays !== undefined && about.returnedAt - about.placedAt <= afterDays * DAY_MS) return false;
  if (above && BigInt(about.amount.minor) <= BigInt(above[about.amount.currency] ?? about.amount.minor)) return false;
  return !products || about.products.some((product) => products.includes(product));
}
