import { step } from "@daybook/workflow/definition";
import { z } from "zod";

const letter = z.strictObject({ kind: z.enum(["reminder", "overdue"]), reader: z.string(), title: z.string() });
export type Letter = z.infer<typeof letter>;

export const sendLetter = step({ name: "sendLetter", input: letter, output: z.null(), policy: { timeoutMs: 10_000 } });
export const chargeFee = step({ name: "chargeFee", input: z.strictObject({ reader: z.string() }), output: z.null() });
export const waiveFee = step({ name: "waiveFee", input: z.strictObject({ reader: z.string() }), output: z.null() });
