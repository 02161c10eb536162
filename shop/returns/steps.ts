import { inventoryContract } from "@daybook/shop-inventory/contract";
import { paymentsContract } from "@daybook/shop-payments/contract";
import { step } from "@daybook/workflow/definition";
import { z } from "zod";
import { returnsContract } from "./contract.ts";

const done = z.strictObject({});
const { operations: inventory } = inventoryContract;
const { operations: payments } = paymentsContract;
const { operations: returns } = returnsContract;

/** What must happen is tried again from 1 s up to 100 s, for more than a day. */
const UNTIL_DONE = { firstDelayMs: 1_000, factor: 2, delayMsMax: 100_000, attemptsMax: 1_000 };

/** The return as it is by now. Its undo rejects it, when nothing else has ended it. */
export const lookAtReturn = step({ name: "look-at-return", ...returns.get, policy: UNTIL_DONE });
export const endReturn = step({ name: "end-return", input: returns.get.input, output: done, policy: UNTIL_DONE });

/** The pieces are on hand again, or written off. */
export const takeBackStock = step({ name: "take-back-stock", input: inventory.takeBack.input, output: done, policy: UNTIL_DONE });

/** The money is where it came from, and there is a credit note. */
export const giveBackMoney = step({ name: "give-back-money", ...payments.giveBack, policy: UNTIL_DONE });

export const completeReturn = step({
  name: "complete-return",
  input: returns.complete.input,
  output: done,
  policy: UNTIL_DONE,
});
