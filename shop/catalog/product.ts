import { accept, refuse, type Decider } from "@daybook/data/cqrs/decider";
import { isSameMoney, type Money } from "@daybook/kernel/money";
import type { Product } from "./contract.ts";
import { PRODUCT_CATEGORY, type ProductEvent } from "./events.ts";

export type ProductCommand =
  | { readonly type: "list"; readonly product: Product }
  | { readonly type: "price"; readonly price: Money };

/** A product: listed with a name and a price, which are changed by listing it again; doing so without a change does nothing. */
export const productDecider: Decider<Product | undefined, ProductCommand, ProductEvent> = {
  category: PRODUCT_CATEGORY,
  version: 1,
  initial: undefined,
  decide(command, current) {
    const product = command.type === "list" ? command.product : current && { ...current, price: command.price };
    if (!product) return refuse("product-not-found", "There is no such product.");
    if (BigInt(product.price.minor) <= 0n) return refuse("price-not-positive", "A product's price is above zero.");
    const isSame = current?.name === product.name && isSameMoney(current.price, product.price);
    return isSame ? accept() : accept({ type: "ProductListed", data: product });
  },
  evolve: (_, event) => event.data,
};
