import type { Projection } from "@daybook/data/cqrs/projection";
import type { Store } from "@daybook/data/store";
import { breaker } from "@daybook/foundation/resilience/breaker";
import { deadlineList } from "@daybook/foundation/resilience/deadline-list";
import { fallback, type FallbackAnswer, type FallbackStatus } from "@daybook/foundation/resilience/fallback";
import { lastGood } from "@daybook/foundation/resilience/last-good";
import { timeout } from "@daybook/foundation/resilience/timeout";
import type { Clock } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
import { notFound } from "@daybook/network/http/errors";
import type { Catalogue, Product } from "@daybook/shop-catalog/contract";
import type { StockEvent } from "../events.ts";
import { bestSellers, boughtTogether, soldTogether, type SoldTogether } from "./sold-together.ts";

/** What goes with a product. */
export interface Recommendations {
  /**
   * Products that were bought together with it, most often first; of one that was always bought alone, what sells best. When
   * that fails or is slow, what sells best, as it is or was: then it is degraded. Rejects with `not-found` for an unknown product.
   */
  of(productId: string): Promise<Recommended>;
  /** Whether answers are degraded at present, since when and why. */
  status(): FallbackStatus;
  /** The read model "sold-together". */
  readonly sold: Projection<SoldTogether, StockEvent>;
}

export interface Recommended {
  readonly products: readonly Product[];
  readonly basis: Basis;
  readonly isDegraded: boolean;
}

/** `none`: nothing is known, which is degraded when it was no answer. */
export const BASES = ["bought-together", "best-sellers", "earlier-best-sellers", "none"] as const;
type Basis = (typeof BASES)[number];

export interface RecommendationsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly catalogue: Pick<Catalogue, "product">;
  /** A customer waits for the page no longer than that on account of each of both; 250. */
  readonly timeoutMs?: number;
}

/** Products in an answer. */
const PRODUCTS_MAX = 10;
/** For how long what sold best once may be told. */
const EARLIER_MS = 24 * 60 * 60 * 1_000;

export function recommendations({ store, clock, catalogue, timeoutMs = 250 }: RecommendationsParts): Recommendations {
  const limit = timeout({ deadlines: deadlineList(clock), timeoutMs });
  // Whoever waits for a store that hangs waits in vain: after some failures nobody does for a while.
  const circuit = breaker({ name: "recommendations", clock, isFailure });
  const policy = fallback({ clock, isFailure });
  const earlier = lastGood<readonly Product[]>(clock, EARLIER_MS);

  async function listed(productIds: readonly string[]): Promise<readonly Product[]> {
    const products = await Promise.all(productIds.map((productId) => catalogue.product(productId)));
    return products.filter((product) => product !== undefined).slice(0, PRODUCTS_MAX);
  }

  async function best(): Promise<readonly Product[]> {
    const products = await listed(await bestSellers(store, PRODUCTS_MAX + 1));
    earlier.keep(products);
    return products;
  }

  async function own(productId: string): Promise<Found> {
    const [product, together] = await Promise.all([catalogue.product(productId), boughtTogether(store, productId)]);
    if (!product) throw notFound(`there is no product ${productId}`);
    const products = await listed(together);
    return products.length > 0 ? { products, basis: "bought-together" } : { products: await best(), basis: "best-sellers" };
  }

  const guarded = <T>(read: () => Promise<T>) => circuit.run(() => limit.run(read));

  return {
    async of(productId) {
      const instead = (basis: Basis, answer: () => Promise<readonly Product[] | undefined>) => ({
        name: basis,
        async answer(): Promise<Found | undefined> {
          const products = await answer();
          return products && { products, basis };
        },
      });
      const answer = await policy.run(
        () => guarded(() => own(productId)),
        [
          instead("best-sellers", () => guarded(best)),
          instead("earlier-best-sellers", async () => earlier.get()),
          instead("none", async () => []),
        ],
      );
      return recommended(productId, answer);
    },
    status: () => policy.status(),
    sold: soldTogether(),
  };
}

interface Found {
  readonly products: readonly Product[];
  readonly basis: Basis;
}

/** A product does not go with itself. */
function recommended(productId: string, { value, source }: FallbackAnswer<Found>): Recommended {
  const products = value.products.filter((product) => product.productId !== productId).slice(0, PRODUCTS_MAX);
  return { products, basis: products.length > 0 ? value.basis : "none", isDegraded: source !== undefined };
}

function isFailure(error: unknown): boolean {
  return errorCode(error) !== "not-found";
}
