import { streamName, type RecordedEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Money } from "@daybook/kernel/money";
import type { z } from "zod";
import { BILL_CATEGORY, type BillEvent, type creditedLineSchema } from "../events.ts";

/**
 * A bill, issued when an order is paid, or the credit note that takes one back, or some lines of it. Numbers of a year run
 * from 1 without a gap, over both kinds.
 */
export interface Bill {
  readonly year: number;
  readonly number: number;
  readonly kind: "bill" | "credit-note";
  readonly orderId: string;
  readonly paymentId: string;
  readonly amount: Money;
  /** Of a credit note: the id of the refund, and its lines; all of the bill without them. */
  readonly refundId?: string | undefined;
  readonly lines?: readonly z.infer<typeof creditedLineSchema>[] | undefined;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

/** As people write it: `2026-17`. */
export function billId({ year, number }: Pick<Bill, "year" | "number">): string {
  return `${year}-${number}`;
}

export interface Bills {
  get(year: number, number: number): Promise<Bill | undefined>;
  /** In the order in which they were issued. */
  ofOrder(orderId: string): Promise<readonly Bill[]>;
}

export function bills(events: EventStore): Bills {
  return {
    async get(year, number) {
      const [found] = await events.read<BillEvent>(streamName(BILL_CATEGORY, String(year)), { from: number, limit: 1 });
      return found && billOf(found);
    },
    async ofOrder(orderId) {
      const found: Bill[] = [];
      for (let after = 0; ;) {
        const page = await events.store.readCorrelation(orderId, { after });
        const issued = page.filter(({ stream }) => stream.startsWith(`${BILL_CATEGORY}-`));
        found.push(...issued.map((stored) => billOf(events.decode<BillEvent>(stored))));
        if (page.length === 0) return found;
        after += page.length;
      }
    },
  };
}

function billOf({ event, stream, version, recordedAt }: RecordedEvent<BillEvent>): Bill {
  const kind = event.type === "BillIssued" ? "bill" : "credit-note";
  return { year: Number(stream.slice(BILL_CATEGORY.length + 1)), number: version, kind, ...event.data, issuedAt: recordedAt };
}
