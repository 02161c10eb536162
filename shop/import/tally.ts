import { add, decimalText, money, type Money } from "@daybook/kernel/money";
import type { ImportOrder } from "@daybook/shop-ordering/contract";
import type { MatchedReturn } from "./credit-notes.ts";
import type { ImportProgress, ImportReport, OrderEnd, Rejection, Sums } from "./contract.ts";

/** What became of one order of the file. */
export interface OrderOutcome {
  readonly order: ImportOrder;
  /** Of the file. */
  readonly rows: number;
  readonly isNew: boolean;
  /** Undefined when it is only placed. */
  readonly end: OrderEnd | undefined;
}

/** Counts what an import comes to. */
export class Tally {
  /** Of the file that were read, and those that are done with. */
  rows = 0;
  private rowsDone = 0;
  returnsTotal = 0;
  private readonly rejected: Rejection[] = [];
  private readonly placed = { new: 0, before: 0 };
  private readonly ends = { fulfilled: 0, cancelled: 0, failed: 0 };
  private readonly returnedOrders = new Set<string>();
  private refunds = 0;
  private readonly sums = new Map<string, Record<keyof Sums, Money>>();

  reject(rejection: Rejection): void {
    this.rejected.push(rejection);
    this.rowsDone++;
  }

  settle({ order, rows, isNew, end }: OrderOutcome): void {
    this.rowsDone += rows;
    this.placed[isNew ? "new" : "before"]++;
    const { currency } = order;
    const total = order.lines.reduce((sum, { amount }) => add(sum, amount), money(0n, currency));
    this.sum("ordered", total);
    if (!end) return;
    this.ends[end.end]++;
    const charged = end.end === "fulfilled" ? total : end.charged;
    if (charged) this.sum("charged", charged);
    if (end.refunded) this.sum("refunded", end.refunded);
  }

  giveBack({ request: { orderId }, rows }: MatchedReturn, amount: Money): void {
    this.refunds++;
    this.rowsDone += rows.length;
    this.returnedOrders.add(orderId);
    this.sum("refunded", amount);
  }

  progress(rowsTotal: number): ImportProgress {
    const { rowsDone: rows, placed, refunds: returned, returnsTotal, rejected } = this;
    const counts = { rows, rowsTotal, placed: placed.new, existing: placed.before, returned, returnsTotal };
    return { ...counts, rejected: rejected.length, first: rejected[0] };
  }

  report(): ImportReport {
    const { rows, placed, ends, returnedOrders, refunds, rejected } = this;
    const byCurrency = [...this.sums].sort(([a], [b]) => (a < b ? -1 : 1));
    const texts = ({ ordered, charged, refunded }: Record<keyof Sums, Money>): Sums => ({
      ordered: decimalText(ordered),
      charged: decimalText(charged),
      refunded: decimalText(refunded),
    });
    return {
      rows,
      orders: { placed: placed.new + placed.before, ...ends, returned: returnedOrders.size },
      refunds,
      rejected: rejected.toSorted((a, b) => a.row - b.row),
      money: Object.fromEntries(byCurrency.map(([currency, sums]) => [currency, texts(sums)])),
    };
  }

  private sum(what: keyof Sums, amount: Money): void {
    const none = money(0n, amount.currency);
    const sums = this.sums.get(amount.currency) ?? { ordered: none, charged: none, refunded: none };
    this.sums.set(amount.currency, { ...sums, [what]: add(sums[what], amount) });
  }
}
