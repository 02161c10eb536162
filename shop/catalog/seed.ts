import { money } from "@daybook/kernel/money";
import type { Product } from "./contract.ts";

const GBP: readonly (readonly [string, string, bigint])[] = [
  ["mug-blue", "Blue enamel mug", 850n],
  ["mug-white", "White enamel mug", 850n],
  ["teapot", "Stoneware teapot", 3_400n],
  ["lantern", "Brass lantern", 2_250n],
  ["bunting", "Cotton bunting, 5 m", 1_295n],
  ["candle", "Beeswax candle", 595n],
  ["cushion", "Linen cushion", 2_750n],
  ["apron", "Striped apron", 1_850n],
  ["cake-stand", "Glass cake stand", 4_200n],
  ["jam-jar", "Jam jar, set of 6", 1_100n],
  ["doormat", "Coir doormat", 1_999n],
  ["clock", "Station clock", 5_600n],
];

/** What the shop sells from its first start. */
export const SEED_PRODUCTS: readonly Product[] = GBP.map(([productId, name, price]) => ({
  productId,
  name,
  price: money(price, "GBP"),
}));
