import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { compareLists, compareRows, textDigest, type ExpectedRow } from "./expected-rows.ts";
import { foldOrder, orderKeys, orderRowText, type FoldedOrder } from "./order-fold.ts";
import type { OrderReplay } from "./order-replay.ts";

interface ExpectedOrder extends ExpectedRow {
  readonly placedAt: number;
  readonly customerId: string | undefined;
  readonly status: string;
}

const CATEGORY = "order-";

/** Lists of the read model: the entry of an order in each; undefined for an order that is not in it. */
const LISTS: Readonly<Record<string, (orderId: string, order: ExpectedOrder) => string | undefined>> = {
  placed: (_, order) => time(order),
  status: (_, order) => `${order.status} ${time(order)}`,
  end: (orderId) => Array.from(orderId).reverse().join(""),
  customer: (_, order) => order.customerId && `${order.customerId} ${time(order)}`,
  "customer-status": (_, order) => order.customerId && `${order.customerId} ${order.status} ${time(order)}`,
};

/**
 * Every order is folded anew: each of its events was legal after those before it and its amounts add up; its row in the
 * read model is that fold, and stands in each list under its entry and no other.
 */
export function ordersCheck({ store, head, meter }: Verifying, replay: OrderReplay): Check {
  const rules = new Findings("order rules (laws 2 and 13)");
  const rows = new Findings("orders read model (law 3)");
  const expected = new Map<string, ExpectedOrder>();
  return {
    findings: [rules, rows],
    async fact(fact) {
      if (!fact.stored.stream.startsWith(CATEGORY)) return;
      const orderId = fact.stored.stream.slice(CATEGORY.length);
      rules.checked++;
      const before = fact.stored.version > 1 ? await replay(orderId, fact.stored.version - 1) : undefined;
      const { order, faults } = foldOrder(orderId, before, { ...fact.stored, data: fact.data });
      for (const fault of faults) rules.violated(fault, placeOf(fact));
      if (order) expected.set(orderId, expectedOrder(order, fact));
    },
    async end() {
      const collection = { store, name: "orders", expected, head, findings: rows, meter };
      await compareRows(collection);
      await compareLists(collection, LISTS);
      rows.measure("orders", expected.size);
    },
  };
}

function expectedOrder(order: FoldedOrder, { stored }: Fact): ExpectedOrder {
  const { placedAt, customerId } = orderKeys(order.placed);
  const { position, recordedAt } = stored;
  return { digest: textDigest(orderRowText(order)), position, recordedAt, placedAt, customerId, status: order.status };
}

/** Lists are in the order of the texts: fifteen digits. */
function time({ placedAt }: ExpectedOrder): string {
  return String(placedAt).padStart(15, "0");
}
