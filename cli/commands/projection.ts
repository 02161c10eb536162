import { sleep } from "@daybook/kernel/clock";
import { path, type Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { changeRefused, checkFailed } from "../errors.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column } from "../shell/output.ts";

const COLUMNS: readonly Column[] = [
  ["PROJECTION", "name"],
  ["VERSION", "version"],
  ["STATE", "state"],
  ["SUBSCRIPTION", "subscription.state"],
  ["POSITION", "subscription.position"],
  ["LAG", "subscription.lag"],
  ["BLOCKED BY", "subscription.blockedBy.error"],
  ["ERROR", "error"],
];

const POLL_MS = 500;

export const projectionListCommand: Command = {
  noun: "projection",
  verb: "ls",
  summary: "Read models that follow the log, with their lag",
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: "/api/v1/projections" });
      printList(invocation, readList(body, "projections").records, COLUMNS, readDocument(body));
    }),
};

export const projectionRebuildCommand: Command = {
  noun: "projection",
  verb: "rebuild",
  summary: "Build a read model from zero beside the live one, compare both, then switch",
  operands: [{ name: "PROJECTION", summary: "its name, as `projection ls` shows it" }],
  flags: [FLAGS.dryRun, ...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    invocation.flags.isSet("dry-run")
      ? connected(invocation, "read", (client) => preview(invocation, client))
      : connected(invocation, "write", (client) => rebuild(invocation, client)),
};

/** What would be built anew. */
async function preview(invocation: Invocation, client: Client): Promise<void> {
  const wanted = invocation.operands["PROJECTION"] ?? "";
  const { records } = readList((await client.call({ path: "/api/v1/projections" })).body, "projections");
  const found = records.find(({ name }) => name === wanted);
  if (!found) throw changeRefused(`there is no projection ${wanted}`);
  const { position, lag } = readDocument(found["subscription"] ?? {});
  const events = Number(position ?? 0) + Number(lag ?? 0);
  printDocument(invocation, { dryRun: true, name: wanted, version: found["version"], live: found["live"], events });
}

/** Starts the rebuild and follows it; interrupted, it goes on in the program. */
async function rebuild(invocation: Invocation, client: Client): Promise<void> {
  const target = path`/api/v1/projections/${invocation.operands["PROJECTION"] ?? ""}/rebuild`;
  const signal = invocation.interruption();
  let state = readDocument((await client.call({ method: "POST", path: target })).body);
  while (state["state"] === "building" && !signal.aborted) {
    const { position, head } = readDocument(state["progress"]);
    if (!invocation.flags.isSet("quiet")) invocation.terminal.err(`${String(position)} of ${String(head)} events\n`);
    await sleep(invocation.clock, POLL_MS, signal);
    state = readDocument((await client.call({ path: target })).body);
  }
  printDocument(invocation, state);
  if (state["state"] === "failed") throw checkFailed(`the read model was not rebuilt: ${String(state["error"])}`);
}
