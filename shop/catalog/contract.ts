import { givenId } from "@daybook/kernel/ids";
import { lineText } from "@daybook/kernel/line-text";
import { moneySchema } from "@daybook/kernel/money";
import { z } from "zod";

export const productSchema = z.strictObject({
  productId: givenId,
  name: lineText(300),
  price: moneySchema.refine(({ minor }) => minor.length <= 12, "at most 12 digits"),
});

/** A product that can be ordered, with its price for one piece. */
export type Product = z.infer<typeof productSchema>;

/** What other contexts ask of the catalogue. */
export interface Catalogue {
  /** The product, or undefined when there is none of this id. */
  product(productId: string): Promise<Product | undefined>;
  /** Products in order of id, after `after`; at most `limit`. */
  products(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Product[]>;
}
