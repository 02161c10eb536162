import { accept, refuse, type Decider } from "@daybook/data/cqrs/decider";
import { isSameMoney } from "@daybook/kernel/money";
import type { Product } from "./contract.ts";
import { PRODUCT_CATEGORY, type ProductEvent } from "./events.ts";

export type ProductCommand = { readonly type: "list"; readonly product: Product };

/** A product: listed with a name and a price, which listing it again changes; doing so without a change does nothing. */
export const productDecider: Decider<Product | undefined, ProductCommand, ProductEvent> = {
  category: PRODUCT_CATEGORY,
  version: 1,
  initial: undefined,
  decide({ product }, current) {
    if (BigInt(product.price.minor) <= 0n) return refuse("price-not-positive", "A product's price is above zero.");
    const isSame = current?.name === product.name && isSameMoney(current.price, product.price);
    return isSame ? accept() : accept({ type: "ProductListed", data: product });
  },
  evolve: (_, event) => event.data,
};
