import type { EventOf } from "@daybook/data/event-store/event";
import { recordType } from "@daybook/kernel/record-type";
import { productSchema } from "./contract.ts";

/** The events of a product. `ProductListed` again changes its name or price. */
export const productEvents = {
  ProductListed: recordType({ name: "ProductListed", schema: productSchema }),
} as const;

export type ProductEvent = EventOf<typeof productEvents>;

export const PRODUCT_CATEGORY = "product";
