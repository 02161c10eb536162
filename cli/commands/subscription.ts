import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { usageInvalid } from "../errors.ts";
import { confirm } from "../shell/confirm.ts";
import type { Command, Flag, Invocation, Operand } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { timeText } from "../shell/time-text.ts";

const SUBSCRIPTION: Operand = { name: "SUBSCRIPTION", summary: "its name, as `subscription ls` shows it" };
const POSITION: Operand = { name: "POSITION", summary: "the parked event's position in the log" };
const LIMIT: Flag = { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 200] };

const LIST_COLUMNS: readonly Column[] = [
  ["SUBSCRIPTION", "name"],
  ["STATE", "state"],
  ["POSITION", "position"],
  ["LAG", "lag"],
  ["PARKED", "parked.total"],
  ["BLOCKED BY", "blockedBy.error"],
];

export const subscriptionListCommand: Command = {
  noun: "subscription",
  verb: "ls",
  summary: "Subscriptions that go on behind an event that fails: how far they are, and how many they parked",
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: "/api/v1/subscriptions" });
      printList(invocation, readList(body, "subscriptions").records, LIST_COLUMNS, readDocument(body));
    }),
};

const PARKED_COLUMNS: readonly Column[] = [
  ["POSITION", "position"],
  ["PARKED", "parkedTime"],
  ["EVENT", "origin.type"],
  ["STREAM", "origin.stream"],
  ["CAUSE", "cause.code"],
  ["WHY", "cause.message"],
  ["REDRIVES", "redrives"],
];

export const subscriptionParkedCommand: Command = {
  noun: "subscription",
  verb: "parked",
  summary: "Events that it passed over because its handler kept failing, with cause, origin and attempts; one in full",
  operands: [SUBSCRIPTION, { ...POSITION, isOptional: true }],
  flags: [LIMIT, ...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      if (invocation.operands["POSITION"] !== undefined) {
        printDocument(invocation, readDocument((await client.call({ path: parkedPath(invocation) })).body));
        return;
      }
      const query = { limit: invocation.flags.number("limit") };
      const { body } = await client.call({ path: `${pathOf(invocation)}/parked`, query });
      const records = readList(body, "events").records.map((each) => ({ ...each, parkedTime: timeText(each["parkedAt"]) }));
      printList(invocation, records, PARKED_COLUMNS, readDocument(body));
    }),
};

export const subscriptionRedriveCommand: Command = {
  noun: "subscription",
  verb: "redrive",
  summary: "Have it handle parked events again: one, all of one cause, or all",
  details: "Each is handled once more by the subscription, where it runs; one that fails again stays parked.",
  operands: [SUBSCRIPTION, { ...POSITION, isOptional: true }],
  flags: [
    { name: "cause", value: "CODE", summary: "Only those of this cause" },
    { name: "all", summary: "All of them" },
    FLAGS.dryRun,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook subscription redrive order-progress --all --dry-run", "daybook subscription redrive order-progress 1204"],
  async run(invocation) {
    const { flags, operands } = invocation;
    const which: Fields = {
      ...(operands["POSITION"] !== undefined && { position: positionOf(invocation) }),
      ...(flags.text("cause") !== undefined && { cause: flags.text("cause") }),
      ...(flags.isSet("all") && { all: true }),
    };
    if (Object.keys(which).length !== 1) throw usageInvalid("subscription redrive needs one of POSITION, --cause CODE and --all");
    await act(invocation, `${pathOf(invocation)}/redrive`, which);
  },
};

export const subscriptionDropCommand: Command = {
  noun: "subscription",
  verb: "drop",
  summary: "Forget a parked event: the subscription never handles it",
  operands: [SUBSCRIPTION, POSITION],
  flags: [FLAGS.dryRun, FLAGS.yes, FLAGS.noInput, ...CONNECTION, ...OUTPUT],
  async run(invocation) {
    const target = `${parkedPath(invocation)}/drop`;
    if (!invocation.flags.isSet("dry-run")) {
      await confirm(invocation, `Forget the event at position ${positionOf(invocation)} for ever?`);
    }
    await act(invocation, target, {});
  },
};

/** Carries out an act, or says what it would do. */
function act(invocation: Invocation, target: string, body: Fields): Promise<void> {
  const dryRun = invocation.flags.isSet("dry-run");
  return connected(invocation, dryRun ? "read" : "write", async (client) => {
    const answer = await client.call({ method: "POST", path: target, body: { ...body, dryRun } });
    printDocument(invocation, readDocument(answer.body));
  });
}

function pathOf({ operands }: Invocation): string {
  return path`/api/v1/subscriptions/${operands["SUBSCRIPTION"] ?? ""}`;
}

function parkedPath(invocation: Invocation): string {
  return `${pathOf(invocation)}/parked/${positionOf(invocation)}`;
}

function positionOf({ operands }: Invocation): number {
  const text = operands["POSITION"] ?? "";
  if (!/^[1-9]\d{0,14}$/.test(text)) throw usageInvalid(`a position is a whole number from 1, not "${text.slice(0, 60)}"`);
  return Number(text);
}
