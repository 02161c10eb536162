import { readFile } from "node:fs/promises";
import { assignedRoleSchema, notificationKindSchema } from "@daybook/shop-customers/contract";
import { path } from "../connection/client.ts";
import { usageInvalid } from "../errors.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { needed, printChanged } from "./changed.ts";
import { firstLine } from "./password-file.ts";

const CUSTOMER = { name: "CUSTOMER", summary: "a customer's id, cus_…; me: whose token it is" };
const CHANGE: readonly Flag[] = [FLAGS.ifVersion, FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];
const ON_VERSION = "Needs --if-version: what is given replaces what was there.";

const PROFILE = {
  "user-name": "userName",
  "first-name": "firstName",
  "last-name": "lastName",
  email: "email",
} as const;

export const customerUpdateCommand: Command = {
  noun: "customer",
  verb: "update",
  summary: "Change a customer's profile",
  details: ON_VERSION,
  operands: [CUSTOMER],
  flags: [
    { name: "user-name", value: "NAME", summary: "What the customer logs in with" },
    { name: "first-name", value: "NAME", summary: "First name" },
    { name: "last-name", value: "NAME", summary: "Last name" },
    { name: "email", value: "ADDRESS", summary: "E-mail address" },
    { name: "addresses", value: "FILE", summary: "JSON list of all addresses: street, city, postalCode, country" },
    ...CHANGE,
  ],
  examples: ["daybook customer update cus_… --last-name Byron --if-version 1"],
  run: update,
};

async function update(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const file = flags.text("addresses");
  const body = {
    ...Object.fromEntries(Object.entries(PROFILE).map(([flag, field]) => [field, flags.text(flag)])),
    ...(file !== undefined && { addresses: await jsonIn(file) }),
  };
  if (Object.values(body).every((value) => value === undefined)) throw usageInvalid("customer update needs something to change");
  await onVersion(invocation, "update", { method: "PATCH", path: addressOf(invocation), body });
}

async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw usageInvalid(`${file} is no JSON`, { cause });
    throw cause;
  }
}

export const customerPreferencesCommand: Command = {
  noun: "customer",
  verb: "preferences",
  summary: "Say which mails a customer does not want; all others are wanted",
  details: ON_VERSION,
  operands: [CUSTOMER],
  flags: [
    {
      name: "unwanted",
      value: "KIND",
      summary: "A kind of mails that is not wanted; may be repeated",
      values: notificationKindSchema.options,
      isRepeated: true,
    },
    ...CHANGE,
  ],
  examples: ["daybook customer preferences cus_… --unwanted welcome --unwanted order-shipped --if-version 1"],
  run(invocation) {
    const body = Object.fromEntries(invocation.flags.texts("unwanted").map((kind) => [kind, false]));
    return onVersion(invocation, "preferences", { method: "PUT", path: `${addressOf(invocation)}/preferences`, body });
  },
};

export const customerRolesCommand: Command = {
  noun: "customer",
  verb: "roles",
  summary: "Say what a customer may be beside a customer: an operator's account",
  details: `${ON_VERSION} Without --role there is none.`,
  operands: [CUSTOMER],
  flags: [
    {
      name: "role",
      value: "ROLE",
      summary: "One of them; may be repeated",
      values: assignedRoleSchema.options,
      isRepeated: true,
    },
    ...CHANGE,
  ],
  examples: ["daybook customer roles cus_… --role operator --if-version 1"],
  run: (invocation) =>
    onVersion(invocation, "roles", {
      method: "PUT",
      path: `${addressOf(invocation)}/roles`,
      body: { roles: invocation.flags.texts("role") },
    }),
};

export const customerPasswordCommand: Command = {
  noun: "customer",
  verb: "password",
  summary: "Change one's own password: every session ends",
  details: "Asked with the customer's own token (--url, --token-file): no operator can.",
  operands: [{ ...CUSTOMER, isOptional: true }],
  flags: [
    { name: "current-file", value: "FILE", summary: "File whose first line is the current password; - is stdin" },
    { name: "password-file", value: "FILE", summary: "File whose first line is the new password; - is stdin" },
    ...CHANGE,
  ],
  examples: [
    "daybook customer password --current-file old.txt --password-file new.txt --url http://127.0.0.1:8080 --token-file session.txt",
  ],
  run: changePassword,
};

async function changePassword(invocation: Invocation): Promise<void> {
  const [current, password] = ["current-file", "password-file"].map((name) =>
    needed(invocation.flags, name, "customer password"),
  );
  if (current === "-" && password === "-") throw usageInvalid("only one of the two passwords comes from stdin");
  const body = { current: await firstLine(current ?? ""), password: await firstLine(password ?? "") };
  await printChanged(invocation, { path: `${addressOf(invocation)}/password`, body });
}

async function onVersion(invocation: Invocation, verb: string, request: Parameters<typeof printChanged>[1]): Promise<void> {
  if (invocation.flags.number("if-version") === undefined) throw usageInvalid(`customer ${verb} needs --if-version N`);
  return printChanged(invocation, request);
}

function addressOf({ operands }: Invocation): string {
  return path`/api/v1/customers/${operands["CUSTOMER"] ?? "me"}`;
}
