import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { usageInvalid } from "../errors.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { timeText } from "../shell/time-text.ts";

const QUEUE = { name: "QUEUE", summary: "its name, as `queue ls` shows it" };
const LIMIT: Flag = { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 200] };
const CAUSE: Flag = { name: "cause", value: "CODE", summary: "Only those of this cause" };

const LIST_COLUMNS: readonly Column[] = [
  ["QUEUE", "name"],
  ["PAUSED", "isPaused"],
  ["READY", "ready"],
  ["IN FLIGHT", "inFlight"],
  ["DELAYED", "delayed"],
  ["DEAD", "dead.total"],
  ["READY SINCE", "readyTime"],
];

export const queueListCommand: Command = {
  noun: "queue",
  verb: "ls",
  summary: "Queues: how much waits, is in flight, and is dead",
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: "/api/v1/queues" });
      const records = readList(body, "queues").records.map((queue) => ({ ...queue, readyTime: timeText(queue["readySince"]) }));
      printList(invocation, records, LIST_COLUMNS, readDocument(body));
    }),
};

const MESSAGE_COLUMNS: readonly Column[] = [
  ["MESSAGE", "id"],
  ["DUE", "dueTime"],
  ["KEY", "header.key"],
  ["DELIVERIES", "header.deliveries"],
  ["CASE", "header.cause.correlation"],
  ["BODY", "body"],
];

export const queuePeekCommand: Command = {
  noun: "queue",
  verb: "peek",
  summary: "Messages in the order in which they are due; none is taken",
  operands: [QUEUE],
  flags: [
    { name: "priority", value: "N", summary: "Those of this level (0)", range: [0, 100] },
    LIMIT,
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { flags } = invocation;
      const query = { priority: flags.number("priority"), limit: flags.number("limit") };
      const { body } = await client.call({ path: `${queuePath(invocation)}/messages`, query });
      const records = readList(body, "messages").records.map((message) => ({ ...message, dueTime: timeText(message["at"]) }));
      printList(invocation, records, MESSAGE_COLUMNS, readDocument(body));
    }),
};

const DEAD_COLUMNS: readonly Column[] = [
  ["LETTER", "id"],
  ["PARKED", "parkedTime"],
  ["CAUSE", "cause.code"],
  ["WHY", "cause.message"],
  ["CASE", "header.cause.correlation"],
  ["BODY", "body"],
];

export const queueDeadCommand: Command = {
  noun: "queue",
  verb: "dead",
  summary: "Dead letters, with cause, origin and attempts; one in full",
  operands: [QUEUE, { name: "LETTER", summary: "a dead letter's id", isOptional: true }],
  flags: [CAUSE, LIMIT, ...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { flags, operands } = invocation;
      const letter = operands["LETTER"];
      const target = `${queuePath(invocation)}/dead`;
      if (letter !== undefined) {
        printDocument(invocation, readDocument((await client.call({ path: target + path`/${letter}` })).body));
        return;
      }
      const query = { cause: flags.text("cause"), limit: flags.number("limit") };
      const { body } = await client.call({ path: target, query });
      const records = readList(body, "letters").records.map((each) => ({ ...each, parkedTime: timeText(each["parkedAt"]) }));
      printList(invocation, records, DEAD_COLUMNS, readDocument(body));
    }),
};

export const queueRedriveCommand: Command = {
  noun: "queue",
  verb: "redrive",
  summary: "Send dead letters again, as the same messages: one, all of one cause, or all",
  operands: [QUEUE, { name: "LETTER", summary: "a dead letter's id", isOptional: true }],
  flags: [CAUSE, { name: "all", summary: "All that can be read" }, FLAGS.dryRun, ...CONNECTION, ...OUTPUT],
  examples: ["daybook queue redrive order-work --cause attempt-timeout --dry-run", "daybook queue redrive order-work --all"],
  async run(invocation) {
    const { flags, operands } = invocation;
    const which: Fields = {
      ...(operands["LETTER"] !== undefined && { id: operands["LETTER"] }),
      ...(flags.text("cause") !== undefined && { cause: flags.text("cause") }),
      ...(flags.isSet("all") && { all: true }),
    };
    if (Object.keys(which).length !== 1) throw usageInvalid("queue redrive needs one of LETTER, --cause CODE and --all");
    await act(invocation, "redrive", which);
  },
};

export const queuePauseCommand = plainCommand(
  "pause",
  "From now on nobody takes a message of the queue; what is in flight goes on",
);
export const queueResumeCommand = plainCommand("resume", "Let messages of the queue be taken again");

function plainCommand(verb: "pause" | "resume", summary: string): Command {
  return {
    noun: "queue",
    verb,
    summary,
    operands: [QUEUE],
    flags: [FLAGS.dryRun, ...CONNECTION, ...OUTPUT],
    run: (invocation) => act(invocation, verb, {}),
  };
}

/** Carries out an act, or says what it would do. */
function act(invocation: Invocation, verb: string, body: Fields): Promise<void> {
  const dryRun = invocation.flags.isSet("dry-run");
  return connected(invocation, dryRun ? "read" : "write", async (client) => {
    const answer = await client.call({ method: "POST", path: `${queuePath(invocation)}/${verb}`, body: { ...body, dryRun } });
    printDocument(invocation, readDocument(answer.body));
  });
}

function queuePath({ operands }: Invocation): string {
  return path`/api/v1/queues/${operands["QUEUE"] ?? ""}`;
}
