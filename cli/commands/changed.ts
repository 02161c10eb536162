import type { Client, ClientRequest } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument } from "../connection/documents.ts";
import { waitShown } from "../connection/wait-shown.ts";
import { usageInvalid } from "../errors.ts";
import type { Flags, Invocation } from "../shell/command.ts";
import { printDocument } from "../shell/output.ts";

/** Carries out a change; with --wait, returns when the read models show it. */
export async function changed(
  invocation: Invocation,
  client: Client,
  request: Pick<ClientRequest, "method" | "path" | "body">,
): Promise<unknown> {
  const { flags } = invocation;
  const signal = flags.isSet("wait") ? invocation.interruption() : undefined;
  const { body, position } = await client.call({ method: "POST", ...request, headers: conditions(flags) });
  if (signal && position !== undefined) await waitShown(invocation, client, position, signal);
  return body;
}

/** The same as a whole command, which prints what the change came to. */
export function printChanged(invocation: Invocation, request: Pick<ClientRequest, "method" | "path" | "body">): Promise<void> {
  return connected(invocation, "write", async (client) => {
    printDocument(invocation, readDocument(await changed(invocation, client, request)));
  });
}

/** The value of a flag that the command cannot do without. */
export function needed(flags: Flags, name: string, command: string): string {
  const value = flags.text(name);
  if (value === undefined) throw usageInvalid(`${command} needs --${name}`);
  return value;
}

/** "12.34 GBP" and "12.34GBP" as the interface takes amounts. */
export function amountOf(text: string): { readonly amount: string; readonly currency: string } {
  const [, amount, currency] = /^(\d{1,20}(?:\.\d{1,20})?) ?([A-Z]{3})$/.exec(text) ?? [];
  if (amount === undefined || currency === undefined) {
    throw usageInvalid(`an amount is a decimal number and a currency, such as "12.34 GBP", not "${text.slice(0, 60)}"`);
  }
  return { amount, currency };
}

function conditions(flags: Flags): Readonly<Record<string, string>> {
  const key = flags.text("idempotency-key");
  const version = flags.number("if-version");
  return {
    ...(key !== undefined && { "idempotency-key": key }),
    ...(version !== undefined && { "if-match": `"${version}"` }),
  };
}
