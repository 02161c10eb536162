import { customerStatusSchema } from "@daybook/shop-customers/contract";
import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { confirm } from "../shell/confirm.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { needed, printChanged } from "./changed.ts";
import { firstLine } from "./password-file.ts";

const CUSTOMER = { name: "CUSTOMER", summary: "a customer's id, cus_…" };
const COLUMNS: readonly Column[] = [
  ["CUSTOMER", "id"],
  ["STATUS", "status"],
  ["USER NAME", "userName"],
  ["FIRST NAME", "firstName"],
  ["LAST NAME", "lastName"],
  ["E-MAIL", "email"],
  ["REGISTERED", "registeredAt"],
];
const LIMIT = { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] } as const;
const PAGE_MAX = 200;
const CHANGE = [FLAGS.ifVersion, FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];

export const customerRegisterCommand: Command = {
  noun: "customer",
  verb: "register",
  summary: "Register a customer",
  flags: [
    { name: "user-name", value: "NAME", summary: "What the customer logs in with" },
    { name: "first-name", value: "NAME", summary: "First name" },
    { name: "last-name", value: "NAME", summary: "Last name" },
    { name: "email", value: "ADDRESS", summary: "E-mail address" },
    { name: "password-file", value: "FILE", summary: "File whose first line is the password; - is stdin" },
    FLAGS.idempotencyKey,
    FLAGS.wait,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: [
    "daybook customer register --user-name ada --first-name Ada --last-name King --email ada@example.org --password-file -",
  ],
  run: register,
};

async function register(invocation: Invocation): Promise<void> {
  const given = (name: string) => needed(invocation.flags, name, "customer register");
  const body = {
    userName: given("user-name"),
    firstName: given("first-name"),
    lastName: given("last-name"),
    email: given("email"),
    password: await firstLine(given("password-file")),
  };
  await printChanged(invocation, { path: "/api/v1/customers", body });
}

export const customerGetCommand: Command = {
  noun: "customer",
  verb: "get",
  summary: "A customer, with profile and preferences",
  operands: [CUSTOMER],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      printDocument(invocation, readDocument((await client.call({ path: addressOf(invocation) })).body));
    }),
};

export const customerListCommand: Command = {
  noun: "customer",
  verb: "ls",
  summary: "Customers, newest first",
  flags: [
    { name: "status", value: "STATUS", summary: "Only those in this state", values: customerStatusSchema.options },
    LIMIT,
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  examples: ["daybook customer ls --status inactive"],
  run: list,
};

async function list(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const limit = flags.number("limit") ?? 50;
  const customers: Fields[] = [];
  await connected(invocation, "read", async (client) => {
    let cursor: string | undefined;
    do {
      const query = { status: flags.text("status"), limit: Math.min(PAGE_MAX, limit - customers.length), cursor };
      const { records, next } = readList((await client.call({ path: "/api/v1/customers", query })).body, "customers");
      customers.push(...records);
      cursor = next;
    } while (cursor !== undefined && customers.length < limit);
  });
  printList(invocation, customers, COLUMNS, { customers });
}

export const customerSearchCommand: Command = {
  noun: "customer",
  verb: "search",
  summary: "Customers by the start of the id, or by a part of user name, name or e-mail",
  operands: [{ name: "TEXT", summary: "three characters or more" }],
  flags: [{ name: "limit", value: "N", summary: "At most so many (20)", range: [1, 100] }, ...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const query = { q: invocation.operands["TEXT"], limit: invocation.flags.number("limit") };
      const { records } = readList((await client.call({ path: "/api/v1/customers/search", query })).body, "customers");
      printList(invocation, records, COLUMNS, { customers: records });
    }),
};

export const customerActivateCommand: Command = {
  noun: "customer",
  verb: "activate",
  summary: "Let a customer log in and order again",
  operands: [CUSTOMER],
  flags: CHANGE,
  run: (invocation) => printChanged(invocation, { path: `${addressOf(invocation)}/activate` }),
};

export const customerDeactivateCommand: Command = {
  noun: "customer",
  verb: "deactivate",
  summary: "Keep a customer from logging in and from ordering",
  operands: [CUSTOMER],
  flags: CHANGE,
  run: (invocation) => printChanged(invocation, { path: `${addressOf(invocation)}/deactivate` }),
};

export const customerDeleteCommand: Command = {
  noun: "customer",
  verb: "delete",
  summary: "Delete a customer, for ever",
  details:
    "Names and log-in are free at once, orders that have not left are cancelled, and personal data is erased when no order needs it any more.",
  operands: [CUSTOMER],
  flags: [FLAGS.yes, FLAGS.noInput, ...CHANGE],
  async run(invocation) {
    await confirm(invocation, `Delete customer ${invocation.operands["CUSTOMER"] ?? ""} for ever?`);
    await printChanged(invocation, { method: "DELETE", path: addressOf(invocation) });
  },
};

function addressOf({ operands }: Invocation): string {
  return path`/api/v1/customers/${operands["CUSTOMER"] ?? ""}`;
}
