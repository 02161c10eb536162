import { aggregates, type Aggregates } from "@daybook/data/cqrs/aggregates";
import type { Projection } from "@daybook/data/cqrs/projection";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import type { Catalogue, Product } from "./contract.ts";
import type { ProductEvent } from "./events.ts";
import { foundProducts, productSearch, type SearchedProduct } from "./product-search.ts";
import { productDecider, type ProductCommand } from "./product.ts";
import { SEED_PRODUCTS } from "./seed.ts";

const COLLECTION = "products";

export interface CatalogService extends Catalogue, Pick<Aggregates<Product | undefined, ProductCommand>, "execute"> {
  /** Products of whose name or id each word of `text` begins a word, without regard to case and accents; by id. */
  search(text: string, limit: number): Promise<readonly Product[]>;
  /** The read model "product-search". */
  readonly searched: Projection<SearchedProduct, ProductEvent>;
  /** Lists those that are missing; what is there stays as it is. */
  listMissing(products: readonly Product[], context: Context): Promise<void>;
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
  async function product(productId: string): Promise<Product | undefined> {
    const row = await store.getRow(COLLECTION, productId);
    return row && parseProduct(row.value);
  }

  return {
    product,
    execute: (productId, command, options) => products.execute(productId, command, options),
    searched: productSearch(),
    async search(text, limit) {
      const found = await Promise.all((await foundProducts(store, text, limit)).map(product));
      return found.filter((each) => each !== undefined);
    },
    async products({ after, limit }) {
      const cursor = after === undefined ? {} : { after: { entry: after, key: after } };
      const page = await store.listRows({ collection: COLLECTION, limit, ...cursor });
      return page.rows.map((row) => parseProduct(row.value));
    },
    listMissing,
    seed: (context) => listMissing(SEED_PRODUCTS, context),
  };

  async function listMissing(missing: readonly Product[], context: Context): Promise<void> {
    await Promise.all(
      missing.map(async (product) => {
        if (await store.getRow(COLLECTION, product.productId)) return;
        await products.execute(product.productId, { type: "list", product }, { context, render: () => null });
      }),
    );
  }
}

function parseProduct(text: string): Product {
  return JSON.parse(text) as Product; // written by `inline` above
}
