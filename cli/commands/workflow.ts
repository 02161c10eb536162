import { path, type Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { usageInvalid } from "../errors.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { confirm } from "../shell/confirm.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { timeText } from "../shell/time-text.ts";

const RUN = { name: "RUN", summary: "a run's id, as `workflow ls` shows it" };
const STATES = ["created", "running", "paused", "compensating", "completed", "failed", "compensated", "cancelled", "terminated"]; // prettier-ignore
const LIMIT: Flag = { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] };
const PAGE_MAX = 200;

const LIST_COLUMNS: readonly Column[] = [
  ["RUN", "id"],
  ["WORKFLOW", "workflow"],
  ["STATUS", "status"],
  ["SINCE", "sinceTime"],
  ["STARTED", "startedTime"],
  ["ATTENTION", "attention"],
  ["REASON", "reason"],
];

export const workflowListCommand: Command = {
  noun: "workflow",
  verb: "ls",
  summary: "Runs of workflows",
  flags: [
    { name: "status", value: "STATUS", summary: "Only those in this state", values: STATES },
    { name: "workflow", value: "NAME", summary: "Only those of this workflow" },
    { name: "attribute", value: "NAME=VALUE", summary: "Only those with this attribute" },
    { name: "attention", summary: "Only those that a person must look at" },
    LIMIT,
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  examples: ["daybook workflow ls --attention", "daybook workflow ls --status running --jsonl --fields id,since"],
  run: list,
};

async function list(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const limit = flags.number("limit") ?? 50;
  const workflows: Fields[] = [];
  await connected(invocation, "read", async (client) => {
    let cursor: string | undefined;
    do {
      const query = {
        status: flags.text("status"),
        workflow: flags.text("workflow"),
        attribute: flags.text("attribute"),
        needsAttention: flags.isSet("attention") ? "true" : undefined,
        limit: Math.min(PAGE_MAX, limit - workflows.length),
        cursor,
      };
      const { records, next } = readList((await client.call({ path: "/api/v1/workflows", query })).body, "workflows");
      workflows.push(...records);
      cursor = next;
    } while (cursor !== undefined && workflows.length < limit);
  });
  const shown = workflows.map((run) => ({
    ...run,
    sinceTime: timeText(run["since"]),
    startedTime: timeText(run["startedAt"]),
  }));
  printList(invocation, shown, LIST_COLUMNS, { workflows });
}

export const workflowGetCommand: Command = {
  noun: "workflow",
  verb: "get",
  summary: "A run, and what it waits for",
  operands: [RUN],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: runPath(invocation) });
      printDocument(invocation, readDocument(body));
    }),
};

const HISTORY_COLUMNS: readonly Column[] = [
  ["TIME", "time"],
  ["WHAT", "kind"],
  ["COMMAND", "id"],
  ["NAME", "name"],
  ["BY", "request.by"],
  ["DETAILS", "details"],
];

export const workflowHistoryCommand: Command = {
  noun: "workflow",
  verb: "history",
  summary: "Everything that is recorded of a run, with who did what and why",
  operands: [RUN],
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: `${runPath(invocation)}/history` });
      const { records } = readList(body, "entries");
      printList(invocation, records.map(historyRecord), HISTORY_COLUMNS, readDocument(body));
    }),
};

function historyRecord(entry: Fields): Fields {
  const request = readDocument(entry["request"] ?? {});
  const failure = readDocument(entry["failure"] ?? {});
  const { count } = readDocument(entry["attempts"] ?? {});
  const details = [
    request["kind"],
    request["name"],
    request["reason"] ?? entry["reason"],
    entry["is"],
    entry["status"],
    failure["code"],
    failure["message"],
    typeof count === "number" ? `${count} failed attempts` : undefined,
  ].filter((text) => typeof text === "string");
  return { ...entry, time: timeText(entry["at"]), details: details.join(" ") };
}

const REASON: Flag = { name: "reason", value: "TEXT", summary: "Why: kept in the run's history" };

export const workflowSignalCommand: Command = {
  noun: "workflow",
  verb: "signal",
  summary: "Send a signal to a run",
  operands: [RUN, { name: "SIGNAL", summary: "its name" }],
  flags: [
    { name: "value", value: "JSON", summary: "What it says, as the workflow's schema has it (null)" },
    FLAGS.dryRun,
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook workflow signal order-processing-ord_… released --value '{}'"],
  async run(invocation) {
    const value = jsonOf(invocation.flags.text("value") ?? "null");
    await act(invocation, "signal", { name: invocation.operands["SIGNAL"], value });
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageInvalid("--value is no JSON; a text needs its quotes: --value '\"text\"'");
  }
}

export const workflowCancelCommand = actCommand("cancel", "Undo a run, unless it is too late");
export const workflowPauseCommand = actCommand("pause", "Begin nothing new in a run until it is resumed");
export const workflowResumeCommand = actCommand("resume", "Let a run go on; what could not be undone is tried again");
export const workflowTerminateCommand = actCommand("terminate", "End a run as it stands: nothing is undone", [
  FLAGS.yes,
  FLAGS.noInput,
]);
export const workflowResetCommand = actCommand("reset", "Take a run back to just before a command of its history", [
  { name: "to", value: "COMMAND", summary: "The command's number, as `workflow history` shows it" },
  FLAGS.yes,
  FLAGS.noInput,
]);

type Verb = "cancel" | "pause" | "resume" | "terminate" | "reset";

function actCommand(verb: Verb, summary: string, more: readonly Flag[] = []): Command {
  return {
    noun: "workflow",
    verb,
    summary,
    operands: [RUN],
    flags: [REASON, ...more, FLAGS.dryRun, ...CONNECTION, ...OUTPUT],
    async run(invocation) {
      const { flags } = invocation;
      const reason = flags.text("reason");
      if (reason === undefined) throw usageInvalid(`workflow ${verb} needs --reason TEXT`);
      const to = flags.text("to");
      if (verb === "reset" && to === undefined) throw usageInvalid("workflow reset needs --to COMMAND");
      const asks = more.some(({ name }) => name === "yes") && !flags.isSet("dry-run");
      if (asks) await confirm(invocation, `${verb} ${invocation.operands["RUN"] ?? ""}?`);
      await act(invocation, verb, { reason, ...(to !== undefined && { to }) });
    },
  };
}

/** Carries out an act, or says what it would do. */
function act(invocation: Invocation, verb: Verb | "signal", body: Fields): Promise<void> {
  const dryRun = invocation.flags.isSet("dry-run");
  return connected(invocation, dryRun ? "read" : "write", async (client: Client) => {
    const answer = await client.call({ method: "POST", path: `${runPath(invocation)}/${verb}`, body: { ...body, dryRun } });
    printDocument(invocation, readDocument(answer.body));
  });
}

function runPath({ operands }: Invocation): string {
  return path`/api/v1/workflows/${operands["RUN"] ?? ""}`;
}
