import { path } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import type { Command } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column } from "../shell/output.ts";

const COLUMNS: readonly Column[] = [
  ["PROJECTION", "name"],
  ["VERSION", "version"],
  ["STATE", "state"],
  ["SUBSCRIPTION", "subscription.state"],
  ["POSITION", "subscription.position"],
  ["LAG", "subscription.lag"],
  ["ERROR", "error"],
];

const REBUILD_MS = 3_600_000;

export const projectionListCommand: Command = {
  noun: "projection",
  verb: "ls",
  summary: "Read models that follow the log, with their lag",
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "write", async (client) => {
      const { body } = await client.call({ path: "/api/v1/projections" });
      printList(invocation, readList(body, "projections").records, COLUMNS, readDocument(body));
    }),
};

export const projectionRebuildCommand: Command = {
  noun: "projection",
  verb: "rebuild",
  summary: "Build a read model from zero beside the live one, compare both, then switch",
  operands: [{ name: "PROJECTION", summary: "its name, as `projection ls` shows it" }],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "write", async (client) => {
      const target = path`/api/v1/projections/${invocation.operands["PROJECTION"] ?? ""}/rebuild`;
      const { body } = await client.call({ method: "POST", path: target, timeoutMs: REBUILD_MS });
      printDocument(invocation, readDocument(body));
    }),
};
