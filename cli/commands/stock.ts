import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument } from "../connection/documents.ts";
import { usageInvalid } from "../errors.ts";
import type { Command, Flag, Flags } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument } from "../shell/output.ts";
import { needed, printChanged } from "./changed.ts";

const PRODUCT = { name: "PRODUCT", summary: "a product's id" };
const QUANTITY: Flag = { name: "quantity", value: "N", summary: "How many pieces", range: [1, 1_000_000_000] };
const CHANGING: readonly Flag[] = [FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];

export const stockGetCommand: Command = {
  noun: "stock",
  verb: "get",
  summary: "The stock of a product: on hand, reserved, shipped, written off",
  operands: [PRODUCT],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/stock/${invocation.operands["PRODUCT"] ?? ""}` });
      printDocument(invocation, readDocument(body));
    }),
};

export const stockReceiveCommand: Command = {
  noun: "stock",
  verb: "receive",
  summary: "Note pieces that have arrived",
  operands: [PRODUCT],
  flags: [QUANTITY, { name: "reference", value: "TEXT", summary: "Of the delivery: kept with it" }, ...CHANGING],
  examples: ["daybook stock receive mug-blue --quantity 100 --idempotency-key delivery-7"],
  run(invocation) {
    const { flags, operands } = invocation;
    const body = { quantity: quantityOf(flags, "stock receive"), reference: flags.text("reference") };
    return printChanged(invocation, { path: path`/api/v1/stock/${operands["PRODUCT"] ?? ""}/receive`, body });
  },
};

export const stockWriteOffCommand: Command = {
  noun: "stock",
  verb: "write-off",
  summary: "Note pieces on hand that are lost",
  operands: [PRODUCT],
  flags: [QUANTITY, { name: "reason", value: "TEXT", summary: "Why: kept with it" }, ...CHANGING],
  run(invocation) {
    const { flags, operands } = invocation;
    const body = { quantity: quantityOf(flags, "stock write-off"), reason: needed(flags, "reason", "stock write-off") };
    return printChanged(invocation, { path: path`/api/v1/stock/${operands["PRODUCT"] ?? ""}/write-off`, body });
  },
};

function quantityOf(flags: Flags, command: string): number {
  const quantity = flags.number("quantity");
  if (quantity === undefined) throw usageInvalid(`${command} needs --quantity N`);
  return quantity;
}
