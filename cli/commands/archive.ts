import { sleep } from "@daybook/kernel/clock";
import type { Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { checkFailed, interrupted } from "../errors.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column } from "../shell/output.ts";

const OLDER_THAN: Flag = {
  name: "older-than",
  value: "DAYS",
  summary: "Facts that were sealed longer ago (as the setting archive-after, 90)",
  range: [0, 36_500],
};
const LEAST: Flag = {
  name: "least",
  value: "FACTS",
  summary: "No file for fewer (10000)",
  range: [1, 100_000],
};

export const archiveRunCommand: Command = {
  noun: "archive",
  verb: "run",
  summary: "Move old facts from the store to read-only files, with their seals",
  details:
    "A running shop does so once a day by itself. Nothing that is read changes: orders and their lives are found as before.\n" +
    "Killed at any point, the next run goes on. On PostgreSQL facts leave the store a minute after their file is recorded.",
  flags: [OLDER_THAN, LEAST, FLAGS.dryRun, ...CONNECTION, ...OUTPUT],
  examples: ["daybook archive run --data ./data", "daybook archive run --older-than 30 --dry-run"],
  run: runArchive,
};

const COLUMNS: readonly Column[] = [
  ["FILE", "file"],
  ["FROM", "from"],
  ["TO", "to"],
  ["UNTIL", "until"],
  ["BYTES", "bytes"],
  ["REMOVED", "removed"],
];

export const archiveListCommand: Command = {
  noun: "archive",
  verb: "ls",
  summary: "Files of old facts, oldest first",
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const document = readDocument((await client.call({ path: "/api/v1/archive" })).body);
      const segments = readList(document, "segments").records.map((each) => ({ ...each, until: timeOf(each["lastAt"]) }));
      printList(invocation, segments, COLUMNS, { ...document, segments });
    }),
};

const POLL_MS = 200;
const RUN = "/api/v1/archive/run";

async function runArchive(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const [olderThanDays, leastFacts] = [flags.text(OLDER_THAN.name), flags.text(LEAST.name)];
  const query = { ...(olderThanDays !== undefined && { olderThanDays }), ...(leastFacts !== undefined && { leastFacts }) };
  if (flags.isSet("dry-run")) {
    const next = await connected(invocation, "read", (client) => client.call({ path: "/api/v1/archive/next", query }));
    printDocument(invocation, { dryRun: true, ...readDocument(next.body) });
    return;
  }
  await connected(invocation, "write", (client) => follow(invocation, client, query));
}

/** Starts a run and follows it; interrupted, it goes on in the program. */
async function follow(invocation: Invocation, client: Client, query: Readonly<Record<string, string>>): Promise<void> {
  const { clock, flags, terminal } = invocation;
  const signal = invocation.interruption();
  let state = readDocument((await client.call({ method: "POST", path: RUN, query })).body);
  let told = "";
  while (state["state"] === "archiving" && !signal.aborted) {
    await sleep(clock, POLL_MS, signal);
    state = readDocument((await client.call({ path: RUN })).body);
    const { archived, removed } = readDocument(state["progress"]);
    const line = `${String(archived)} facts in files, ${String(removed)} removed from the store\n`;
    if (line !== told && !flags.isSet("quiet")) terminal.err(line);
    told = line;
  }
  if (signal.aborted) throw interrupted("the run was left to itself");
  printDocument(invocation, state);
  if (state["state"] === "failed") throw checkFailed(`old facts were not archived: ${String(state["error"])}`);
}

function timeOf(at: unknown): string {
  return Temporal.Instant.fromEpochMilliseconds(Number(at)).toString();
}
