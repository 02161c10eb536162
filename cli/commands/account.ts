import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import type { Command, Flag } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { amountOf, needed, printChanged } from "./changed.ts";

const ACCOUNT = { name: "ACCOUNT", summary: "an account's id, acc_…" };
const AMOUNT: Flag = { name: "amount", value: "AMOUNT", summary: 'With its currency: "12.34 GBP"' };
const REASON: Flag = { name: "reason", value: "TEXT", summary: "Why: kept with the posting" };
const IF_VERSION: Flag = { ...FLAGS.ifVersion, summary: "Only when the account is at this version" };
const CHANGING: readonly Flag[] = [IF_VERSION, FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];
const PAGE_MAX = 200;

const COLUMNS: readonly Column[] = [
  ["ACCOUNT", "id"],
  ["OWNER", "ownerId"],
  ["STATUS", "status"],
  ["BALANCE", "balance.amount"],
  ["CURRENCY", "balance.currency"],
  ["POSTINGS", "transactions"],
  ["CHANGED", "changedAt"],
];

export const accountOpenCommand: Command = {
  noun: "account",
  verb: "open",
  summary: "Open an account from which its owner can pay orders",
  flags: [
    { name: "owner", value: "CUSTOMER", summary: "Whose it is; one's own without" },
    { name: "currency", value: "CODE", summary: "What it is in, for ever (GBP)" },
    FLAGS.idempotencyKey,
    FLAGS.wait,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook account open --owner cus_… --currency GBP"],
  run(invocation) {
    const { flags } = invocation;
    const body = { ownerId: flags.text("owner"), currency: flags.text("currency") ?? "GBP" };
    return printChanged(invocation, { path: "/api/v1/accounts", body });
  },
};

export const accountGetCommand: Command = {
  noun: "account",
  verb: "get",
  summary: "An account with its balance",
  operands: [ACCOUNT],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/accounts/${invocation.operands["ACCOUNT"] ?? ""}` });
      printDocument(invocation, readDocument(body));
    }),
};

export const accountListCommand: Command = {
  noun: "account",
  verb: "ls",
  summary: "Accounts, by id",
  flags: [
    { name: "owner", value: "CUSTOMER", summary: "Only this customer's" },
    { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] },
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  async run(invocation) {
    const { flags } = invocation;
    const limit = flags.number("limit") ?? 50;
    const accounts: Fields[] = [];
    await connected(invocation, "read", async (client) => {
      let cursor: string | undefined;
      do {
        const query = { owner: flags.text("owner"), limit: Math.min(PAGE_MAX, limit - accounts.length), cursor };
        const { records, next } = readList((await client.call({ path: "/api/v1/accounts", query })).body, "accounts");
        accounts.push(...records);
        cursor = next;
      } while (cursor !== undefined && accounts.length < limit);
    });
    printList(invocation, accounts, COLUMNS, { accounts });
  },
};

export const accountDepositCommand = posting("deposit", "Note what was paid into an account");
export const accountWithdrawCommand = posting("withdraw", "Pay out of an account");

export const accountCloseCommand: Command = {
  noun: "account",
  verb: "close",
  summary: "Close an account in which nothing is left",
  operands: [ACCOUNT],
  flags: CHANGING,
  run: (invocation) =>
    printChanged(invocation, { path: path`/api/v1/accounts/${invocation.operands["ACCOUNT"] ?? ""}/close`, body: {} }),
};

function posting(verb: "deposit" | "withdraw", summary: string): Command {
  return {
    noun: "account",
    verb,
    summary,
    operands: [ACCOUNT],
    flags: [AMOUNT, REASON, ...CHANGING],
    examples: [`daybook account ${verb} acc_… --amount '25.00 GBP' --reason 'by hand'`],
    run(invocation) {
      const { flags, operands } = invocation;
      const amount = amountOf(needed(flags, "amount", `account ${verb}`));
      const body = { ...amount, reason: needed(flags, "reason", `account ${verb}`) };
      return printChanged(invocation, { path: path`/api/v1/accounts/${operands["ACCOUNT"] ?? ""}/${verb}`, body });
    },
  };
}
