import { aggregates } from "@daybook/data/cqrs/aggregates";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import type { Catalogue, Product } from "./contract.ts";
import { productDecider } from "./product.ts";
import { SEED_PRODUCTS } from "./seed.ts";

const COLLECTION = "products";

export interface CatalogService extends Catalogue {
  /** Lists the seed's products that are missing; those that are there stay as they are. */
  seed(context: Context): Promise<void>;
}

/** The catalogue: products as aggregates, each with a row that carries its state. */
export function catalogService(parts: {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
}): CatalogService {
  const { store } = parts.events;
  const products = aggregates({
    ...parts,
    decider: productDecider,
    inline: (id, { state }) => [{ kind: "putRow", collection: COLLECTION, key: id, value: JSON.stringify(state) }],
  });
  return {
    async product(productId) {
      const row = await store.getRow(COLLECTION, productId);
      return row && parseProduct(row.value);
    },
    async products({ after, limit }) {
      const cursor = after === undefined ? {} : { after: { entry: after, key: after } };
      const page = await store.listRows({ collection: COLLECTION, limit, ...cursor });
      return page.rows.map((row) => parseProduct(row.value));
    },
    async seed(context) {
      for (const product of SEED_PRODUCTS) {
        if (await store.getRow(COLLECTION, product.productId)) continue;
        await products.execute(product.productId, { type: "list", product }, { context, render: () => null });
      }
    },
  };
}

function parseProduct(text: string): Product {
  return JSON.parse(text) as Product; // written by `inline` above
}
