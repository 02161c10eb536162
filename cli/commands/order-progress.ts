import { path } from "../connection/client.ts";
import { usageInvalid } from "../errors.ts";
import type { Command, Flag, Flags, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { needed, printChanged } from "./changed.ts";

const ORDER = { name: "ORDER", summary: "an order's id, ord_…" };
const CHANGING: readonly Flag[] = [FLAGS.ifVersion, FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];

export const orderAddItemCommand: Command = {
  noun: "order",
  verb: "add-item",
  summary: "Add an item, at the catalogue's price, until it is chosen how the order is paid",
  details: "Needs --if-version: what is added depends on what is there.",
  operands: [ORDER],
  flags: [
    { name: "item", value: "PRODUCT:QUANTITY", summary: "A product and how many of it; one without a quantity" },
    ...CHANGING,
  ],
  examples: ["daybook order add-item ord_… --item mug-blue:2 --if-version 1"],
  run(invocation) {
    const body = itemOf(needed(invocation.flags, "item", "order add-item"));
    if (invocation.flags.number("if-version") === undefined) throw usageInvalid("order add-item needs --if-version N");
    return changedOrder(invocation, "items", body);
  },
};

export const orderChoosePaymentCommand: Command = {
  noun: "order",
  verb: "choose-payment",
  summary: "Say how an order is paid: from then on it is carried out",
  operands: [ORDER],
  flags: [
    { name: "card", value: "TOKEN", summary: "By the card that the provider knows by this token" },
    { name: "account", value: "ACCOUNT", summary: "From this account of the customer's" },
    ...CHANGING,
  ],
  examples: ["daybook order choose-payment ord_… --account acc_…"],
  run: (invocation) => changedOrder(invocation, "payment", methodOf(invocation.flags)),
};

export const orderHoldCommand: Command = {
  noun: "order",
  verb: "hold",
  summary: "Keep an order from being shipped until it is released",
  operands: [ORDER],
  flags: [{ name: "reason", value: "TEXT", summary: "Why: shown with the order" }, ...CHANGING],
  run: (invocation) => changedOrder(invocation, "hold", { reason: needed(invocation.flags, "reason", "order hold") }),
};

export const orderReleaseCommand: Command = {
  noun: "order",
  verb: "release",
  summary: "Let an order that is on hold go on",
  operands: [ORDER],
  flags: CHANGING,
  run: (invocation) => changedOrder(invocation, "release", {}),
};

function changedOrder(invocation: Invocation, what: string, body: unknown): Promise<void> {
  return printChanged(invocation, { path: path`/api/v1/orders/${invocation.operands["ORDER"] ?? ""}/${what}`, body });
}

/** An item as PRODUCT:QUANTITY. Throws `usage-invalid`. */
export function itemOf(text: string): { readonly productId: string; readonly quantity: number } {
  const [, productId, quantity = "1"] = /^([^:]+)(?::(\d{1,7}))?$/.exec(text) ?? [];
  if (productId === undefined) throw usageInvalid(`--item is PRODUCT:QUANTITY, not "${text.slice(0, 60)}"`);
  return { productId, quantity: Number(quantity) };
}

function methodOf(flags: Flags) {
  const [token, accountId] = [flags.text("card"), flags.text("account")];
  if ((token === undefined) === (accountId === undefined)) throw usageInvalid("order choose-payment needs --card or --account");
  return token === undefined ? { kind: "account", accountId } : { kind: "card", token };
}
