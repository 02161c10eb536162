import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { stdin } from "node:process";
import { add, decimalText, lineAmount, money } from "@daybook/kernel/money";
import { placeOrderSchema, type PlaceOrder } from "@daybook/shop-ordering/contract";
import { path, type Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { changeRefused, usageInvalid } from "../errors.ts";
import type { Command, Flags, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, type Fields } from "../shell/output.ts";
import { changed } from "./changed.ts";
import { itemOf } from "./order-progress.ts";

export const orderPlaceCommand: Command = {
  noun: "order",
  verb: "place",
  summary: "Place an order at the catalogue's prices",
  flags: [
    {
      name: "item",
      value: "PRODUCT:QUANTITY",
      summary: "A product and how many of it; one without a quantity",
      isRepeated: true,
    },
    { name: "customer", value: "ID", summary: "Who orders; a guest without" },
    { name: "body", value: "FILE", summary: "The whole order as JSON instead, as POST /api/v1/orders takes it; - is stdin" },
    FLAGS.idempotencyKey,
    FLAGS.wait,
    FLAGS.dryRun,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook order place --item mug-blue:2 --item teapot --idempotency-key my-first"],
  run: place,
};

async function place(invocation: Invocation): Promise<void> {
  const body = await orderOf(invocation.flags);
  await connected(invocation, invocation.flags.isSet("dry-run") ? "read" : "write", async (client) => {
    const document = invocation.flags.isSet("dry-run")
      ? await preview(client, body)
      : await changed(invocation, client, { path: "/api/v1/orders", body });
    printDocument(invocation, readDocument(document));
  });
}

export const orderCancelCommand: Command = {
  noun: "order",
  verb: "cancel",
  summary: "Cancel an order",
  operands: [{ name: "ORDER", summary: "an order's id, ord_…" }],
  flags: [
    { name: "reason", value: "TEXT", summary: "Why: kept with the order" },
    FLAGS.ifVersion,
    FLAGS.idempotencyKey,
    FLAGS.wait,
    FLAGS.dryRun,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook order cancel ord_… --reason 'changed my mind' --if-version 1"],
  run: cancel,
};

async function cancel(invocation: Invocation): Promise<void> {
  const { flags, operands } = invocation;
  const order = path`/api/v1/orders/${operands["ORDER"] ?? ""}`;
  const reason = flags.text("reason");
  if (reason === undefined) throw usageInvalid("order cancel needs --reason TEXT");
  await connected(invocation, flags.isSet("dry-run") ? "read" : "write", async (client) => {
    const document = flags.isSet("dry-run")
      ? cancellable(readDocument((await client.call({ path: order })).body), flags)
      : await changed(invocation, client, { path: `${order}/cancel`, body: { reason } });
    printDocument(invocation, readDocument(document));
  });
}

async function orderOf(flags: Flags): Promise<PlaceOrder> {
  const file = flags.text("body");
  const document = file === undefined ? orderOfItems(flags) : await jsonOf(file);
  const parsed = placeOrderSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw usageInvalid(parsed.error.issues.map(({ path: at, message }) => `/${at.join("/")}: ${message}`).join("; "));
}

function orderOfItems(flags: Flags): unknown {
  const items = flags.texts("item").map(itemOf);
  if (items.length === 0) throw usageInvalid("order place needs an --item, or a --body");
  return { items, customerId: flags.text("customer") };
}

async function jsonOf(file: string): Promise<unknown> {
  const text = file === "-" ? await textOf(stdin) : await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw usageInvalid(`${file === "-" ? "the standard input" : file} is no JSON`);
  }
}

/** What the order would cost now. */
async function preview(client: Client, { items, customerId }: PlaceOrder): Promise<Fields> {
  const lines: { readonly productId: string; readonly quantity: number; readonly amount: string }[] = [];
  let total: ReturnType<typeof money> | undefined;
  for (const { productId, quantity } of items) {
    const { amount, currency } = await priceOf(client, productId);
    const price = lineAmount(quantity, amount, currency);
    lines.push({ productId, quantity, amount: decimalText(price) });
    total = add(total ?? money(0n, currency), price);
  }
  return {
    dryRun: true,
    ...(customerId !== undefined && { customerId }),
    items: lines,
    ...(total && { total: { amount: decimalText(total), currency: total.currency } }),
  };
}

async function priceOf(client: Client, productId: string): Promise<{ readonly amount: string; readonly currency: string }> {
  let after: string | undefined;
  do {
    const { body } = await client.call({ path: "/api/v1/products", query: { after, limit: 200 } });
    const { records } = readList(body, "products");
    const found = records.find((product) => product["productId"] === productId);
    if (found) return found["price"] as { amount: string; currency: string }; // by the route's contract
    after = records.at(-1)?.["productId"] as string | undefined; // a product has an id
  } while (after !== undefined);
  throw changeRefused(`there is no product "${productId}"`);
}

function cancellable(order: Fields, flags: Flags): Fields {
  const { id, status, version } = order;
  const wanted = flags.number("if-version");
  if (wanted !== undefined && wanted !== version)
    throw changeRefused(`the order is at version ${String(version)}, not ${wanted}`);
  if (status !== "placed") throw changeRefused(`an order that is ${String(status)} cannot be cancelled`);
  return { dryRun: true, id, status, version, becomes: "cancelled" };
}
