import { projection, type Projection } from "@daybook/data/cqrs/projection";

/** How many events of a category came by, and a number that depends on each position and on their order. */
export interface TallyRow {
  readonly count: number;
  readonly mixed: number;
}

/** All but the summaries of workflows, which are no event of the shop's. */
export const TALLIED = [
  "order",
  "product",
  "customer",
  "stock",
  "payment",
  "account",
  "bills",
  "shipment",
  "return",
  "notification",
];

/** A read model that shows every event that is skipped, comes twice or out of order: most read models forgive that. */
export const tallyProjection: Projection<TallyRow> = projection({
  name: "tally",
  version: 1,
  categories: TALLIED,
  async project({ stream, position }, view) {
    const category = stream.slice(0, stream.indexOf("-"));
    const { count, mixed } = (await view.get(category)) ?? { count: 0, mixed: 0 };
    view.put(category, { count: count + 1, mixed: (mixed * 31 + position) % 1_000_003 });
  },
});
