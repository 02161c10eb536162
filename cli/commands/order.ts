import { orderStatusSchema, paymentStatusSchema, shipmentStatusSchema } from "@daybook/shop-ordering/contract";
import { z } from "zod";
import { connected } from "../connection/connect.ts";
import { path } from "../connection/client.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { timeText } from "../shell/time-text.ts";

const ORDER = { name: "ORDER", summary: "an order's id, ord_…" };

const LIST_COLUMNS: readonly Column[] = [
  ["ORDER", "id"],
  ["STATUS", "status"],
  ["PAYMENT", "payment.status"],
  ["SHIPMENT", "shipment.status"],
  ["TOTAL", "total.amount"],
  ["CURRENCY", "total.currency"],
  ["PIECES", "itemCount"],
  ["CUSTOMER", "customer.id"],
  ["PLACED", "placedAt"],
];

const ITEM_COLUMNS: readonly Column[] = [
  ["PRODUCT", "productId"],
  ["NAME", "name"],
  ["PIECES", "quantity"],
  ["UNIT PRICE", "unitPrice"],
  ["AMOUNT", "amount.amount"],
];

const STEP_COLUMNS: readonly Column[] = [
  ["TIME", "at"],
  ["STEP", "step"],
  ["REASON", "reason"],
];

const LIFE_COLUMNS: readonly Column[] = [
  ["TIME", "time"],
  ["CONTEXT", "context"],
  ["WHAT", "story"],
  ["OUTCOME", "outcome"],
  ["ACTOR", "actor"],
  ["CAUSED BY", "cause"],
  ["ID", "id"],
];

const LIMIT: Flag = { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] };
const PAGE_MAX = 200;

export const orderGetCommand: Command = {
  noun: "order",
  verb: "get",
  summary: "An order with its payment, shipment and timeline, now or as of an earlier version",
  operands: [ORDER],
  flags: [{ name: "version", value: "N", summary: "As it was at this version", range: [1, 1_000_000] }, ...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const query = { version: invocation.flags.number("version") };
      const { body } = await client.call({ path: path`/api/v1/orders/${invocation.operands["ORDER"] ?? ""}`, query });
      printOrder(invocation, readDocument(body));
    }),
};

/** For a person its items and its timeline are tables below it. */
function printOrder(invocation: Invocation, order: Fields): void {
  const { flags, terminal } = invocation;
  if (flags.isSet("json") || flags.text("fields") !== undefined) return printDocument(invocation, order);
  const { items, timeline, ...rest } = order;
  printDocument(invocation, rest);
  terminal.out("\n");
  printList(invocation, readList({ items }, "items").records, ITEM_COLUMNS, order);
  terminal.out("\n");
  printList(invocation, readList({ timeline }, "timeline").records, STEP_COLUMNS, order);
}

export const orderListCommand: Command = {
  noun: "order",
  verb: "ls",
  summary: "Orders, newest first",
  flags: [
    { name: "customer", value: "ID", summary: "Only this customer's" },
    { name: "status", value: "STATUS", summary: "Only those in this state", values: orderStatusSchema.options },
    { name: "payment", value: "STATUS", summary: "Only those whose payment is so", values: paymentStatusSchema.options },
    { name: "shipment", value: "STATUS", summary: "Only those whose shipment is so", values: shipmentStatusSchema.options },
    { name: "placed-from", value: "TIME", summary: "Only those placed then or later: a day (UTC), or 2026-11-01T12:00:00Z" },
    { name: "placed-before", value: "TIME", summary: "Only those placed earlier" },
    LIMIT,
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  examples: [
    "daybook order ls --payment refunded --placed-from 2026-11-01",
    "daybook order ls --status placed --limit 10",
    "daybook order ls --jsonl --fields id,total.amount",
  ],
  run: list,
};

async function list(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const customer = flags.text("customer");
  const target = customer === undefined ? "/api/v1/orders" : path`/api/v1/orders/customer/${customer}`;
  const limit = flags.number("limit") ?? 50;
  const filters = {
    status: flags.text("status"),
    payment: flags.text("payment"),
    shipment: flags.text("shipment"),
    placedFrom: momentOf(flags.text("placed-from")),
    placedBefore: momentOf(flags.text("placed-before")),
  };
  const orders: Fields[] = [];
  await connected(invocation, "read", async (client) => {
    let cursor: string | undefined;
    do {
      const query = { ...filters, limit: Math.min(PAGE_MAX, limit - orders.length), cursor };
      const { records, next } = readList((await client.call({ path: target, query })).body, "orders");
      orders.push(...records);
      cursor = next;
    } while (cursor !== undefined && orders.length < limit);
  });
  printList(invocation, orders, LIST_COLUMNS, { orders });
}

/** A day begins at midnight, UTC. */
function momentOf(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
}

export const orderLifeCommand: Command = {
  noun: "order",
  verb: "life",
  summary: "Everything that was recorded about an order, in all contexts: what, by whom, and below what caused it",
  operands: [ORDER],
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/orders/${invocation.operands["ORDER"] ?? ""}/life` });
      const { records } = readList(body, "life");
      printList(invocation, records.flatMap(lifeRecords), LIFE_COLUMNS, readDocument(body));
    }),
};

const attemptsSchema = z.array(z.object({ number: z.int(), endedAt: z.int(), outcome: z.string(), code: z.string().optional() }));

/** The entry, indented below its cause, and each failed attempt of a step below it. */
function lifeRecords(entry: Fields): readonly Fields[] {
  const depth = Number(entry["depth"]);
  const attempts = attemptsSchema.parse(entry["failedAttempts"] ?? []);
  const indented = (what: string, more: number) => `${"  ".repeat(depth + more)}${what}`;
  return [
    { ...entry, time: timeText(entry["at"]), story: indented(String(entry["what"]), 0) },
    ...attempts.map(({ number, endedAt, outcome, code }) => ({
      time: timeText(endedAt),
      context: entry["context"],
      story: indented(`attempt ${number}`, 1),
      outcome: code === undefined ? outcome : `${outcome}: ${code}`,
    })),
  ];
}
