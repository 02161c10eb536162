/** Prices in pence, as the catalogue's seed lists them: what the checkers expect, written down apart from it. */
export const PRICES: Readonly<Record<string, number>> = {
  "mug-blue": 850,
  "mug-white": 850,
  teapot: 3_400,
  lantern: 2_250,
  bunting: 1_295,
  candle: 595,
};
