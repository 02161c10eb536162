import { returnStatusSchema } from "@daybook/shop-returns/contract";
import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { usageInvalid } from "../errors.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { needed, printChanged } from "./changed.ts";
import { itemOf } from "./order-progress.ts";

const RETURN = { name: "RETURN", summary: "a return's id, ret_…" };
const ORDER = { name: "ORDER", summary: "an order's id, ord_…" };
const IF_VERSION: Flag = { ...FLAGS.ifVersion, summary: "Only when the order's returns are at this version" };
const CHANGING: readonly Flag[] = [IF_VERSION, FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];
const PAGE_MAX = 200;

const COLUMNS: readonly Column[] = [
  ["RETURN", "id"],
  ["ORDER", "orderId"],
  ["STATUS", "status"],
  ["AMOUNT", "amount.amount"],
  ["CURRENCY", "amount.currency"],
  ["CREDIT NOTE", "creditNote"],
  ["REQUESTED", "requestedAt"],
];

export const returnRequestCommand: Command = {
  noun: "return",
  verb: "request",
  summary: "Ask for the return of an order that was sent, or of some of its pieces",
  operands: [ORDER],
  flags: [
    {
      name: "item",
      value: "PRODUCT:QUANTITY",
      summary: "A product and how many of it come back; everything that is left without any",
      isRepeated: true,
    },
    { name: "reason", value: "TEXT", summary: "Why: kept with the return" },
    FLAGS.idempotencyKey,
    FLAGS.wait,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook return request ord_… --item teapot:1 --reason 'the lid is missing'"],
  run(invocation) {
    const { flags, operands } = invocation;
    const items = flags.texts("item").map(itemOf);
    const body = { ...(items.length > 0 && { items }), reason: needed(flags, "reason", "return request") };
    return printChanged(invocation, { path: path`/api/v1/orders/${operands["ORDER"] ?? ""}/returns`, body });
  },
};

export const returnGetCommand: Command = {
  noun: "return",
  verb: "get",
  summary: "A return: what comes back, what is given for it, and how far it is",
  operands: [RETURN],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/returns/${invocation.operands["RETURN"] ?? ""}` });
      printDocument(invocation, readDocument(body));
    }),
};

export const returnListCommand: Command = {
  noun: "return",
  verb: "ls",
  summary: "Returns, newest first",
  flags: [
    { name: "order", value: "ORDER", summary: "Only this order's" },
    {
      name: "status",
      value: "STATUS",
      summary: "Only those in this state; requested ones wait for a decision",
      values: returnStatusSchema.options,
    },
    { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] },
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  examples: ["daybook return ls --status requested"],
  run: list,
};

async function list(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const [order, status] = [flags.text("order"), flags.text("status")];
  if (order !== undefined && status !== undefined) throw usageInvalid("return ls takes --order or --status, not both");
  const target = order === undefined ? "/api/v1/returns" : path`/api/v1/orders/${order}/returns`;
  const limit = flags.number("limit") ?? 50;
  const returns: Fields[] = [];
  await connected(invocation, "read", async (client) => {
    let cursor: string | undefined;
    do {
      const query = { status, limit: Math.min(PAGE_MAX, limit - returns.length), cursor };
      const { records, next } = readList((await client.call({ path: target, query })).body, "returns");
      returns.push(...records);
      cursor = next;
    } while (cursor !== undefined && returns.length < limit);
  });
  printList(invocation, returns, COLUMNS, { returns });
}

export const returnAcceptCommand: Command = {
  noun: "return",
  verb: "accept",
  summary: "Accept a return that waits for a decision",
  operands: [RETURN],
  flags: CHANGING,
  run: (invocation) => changedReturn(invocation, "accept", {}),
};

export const returnRejectCommand: Command = {
  noun: "return",
  verb: "reject",
  summary: "Reject a return, until its pieces are here",
  operands: [RETURN],
  flags: [{ name: "reason", value: "TEXT", summary: "Why: shown with the return" }, ...CHANGING],
  run: (invocation) => changedReturn(invocation, "reject", { reason: needed(invocation.flags, "reason", "return reject") }),
};

export const returnReceiveCommand: Command = {
  noun: "return",
  verb: "receive",
  summary: "Note that the pieces of a return are here: they go back to stock, and the money to the customer",
  operands: [RETURN],
  flags: [
    {
      name: "write-off",
      value: "LINE",
      summary: "Number of the order's line whose pieces cannot be sold any more",
      isRepeated: true,
    },
    ...CHANGING,
  ],
  examples: ["daybook return receive ret_… --write-off 2"],
  run: (invocation) => changedReturn(invocation, "receive", { writtenOff: invocation.flags.texts("write-off").map(lineOf) }),
};

function changedReturn(invocation: Invocation, verb: string, body: unknown): Promise<void> {
  return printChanged(invocation, { path: path`/api/v1/returns/${invocation.operands["RETURN"] ?? ""}/${verb}`, body });
}

function lineOf(text: string): number {
  if (!/^[1-9]\d{0,2}$|^1000$/.test(text)) throw usageInvalid(`--write-off is a line's number, not "${text.slice(0, 60)}"`);
  return Number(text);
}
