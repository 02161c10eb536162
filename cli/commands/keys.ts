import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { sleep } from "@daybook/kernel/clock";
import { FILES } from "@daybook/shop/shop";
import type { Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument } from "../connection/documents.ts";
import { checkFailed } from "../errors.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { confirm } from "../shell/confirm.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument } from "../shell/output.ts";

export const keysRotateCommand: Command = {
  noun: "keys",
  verb: "rotate",
  summary: "Exchange the master key: make a new one and wrap every subject's key anew",
  details:
    "Works beside requests. Killed at any point, both keys are there, and the next run goes on. Backups made before keep the\n" +
    "old key in their folder; a copy of the key file that is kept elsewhere has to be made again.",
  flags: [FLAGS.yes, FLAGS.noInput, FLAGS.dryRun, ...CONNECTION, ...OUTPUT],
  examples: ["daybook keys rotate --data ./data --yes"],
  run: rotateKeys,
};

const POLL_MS = 200;
const ROTATION = "/api/v1/keys/rotation";

async function rotateKeys(invocation: Invocation): Promise<void> {
  const { flags, settings } = invocation;
  if (flags.isSet("dry-run")) {
    const isBegun = settings.url === undefined && existsSync(join(resolve(settings.data), FILES.nextMasterKey));
    await connected(invocation, "read", (client) => client.call({ path: "/api/v1/log", query: { after: "latest" } }));
    printDocument(invocation, { dryRun: true, wouldGoOn: isBegun });
    return;
  }
  await confirm(invocation, "Exchange the master key?");
  await connected(invocation, "write", (client) => rotate(invocation, client));
}

/** Starts the exchange and follows it. */
async function rotate(invocation: Invocation, client: Client): Promise<void> {
  const { clock, flags, terminal } = invocation;
  const signal = invocation.interruption();
  let state = readDocument((await client.call({ method: "POST", path: ROTATION })).body);
  while (state["state"] === "rotating" && !signal.aborted) {
    await sleep(clock, POLL_MS, signal);
    state = readDocument((await client.call({ path: ROTATION })).body);
    const { seen } = readDocument(state["progress"]);
    if (state["state"] === "rotating" && !flags.isSet("quiet")) terminal.err(`${String(seen)} subjects\n`);
  }
  printDocument(invocation, state);
  if (state["state"] === "failed") throw checkFailed(`the master key was not exchanged: ${String(state["error"])}`);
}
