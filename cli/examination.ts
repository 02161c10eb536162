import { accessSync, constants, existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "@daybook/kernel/errors";
import { FILES } from "@daybook/shop/shop";
import type { Client } from "./connection/client.ts";
import { connected } from "./connection/connect.ts";
import { readDocument, readList } from "./connection/documents.ts";
import { currentOwner, holdsShop } from "./connection/folder.ts";
import { explained } from "./failure.ts";
import type { Invocation } from "./shell/command.ts";

/** One thing that was looked at. `bad`: it must be repaired; `note`: good to know. */
export interface Finding {
  readonly name: string;
  readonly state: "good" | "note" | "bad";
  readonly what: string;
  /** What to do about it. */
  readonly advice?: string;
}

const NODE_LEAST = 26;
const FREE_BYTES_LEAST = 500 * 1024 ** 2;
const LAG_NOTED = 1_000;

/** Looks at the machine, the folder and, when one can be asked, the shop. Changes nothing. */
export async function examine(invocation: Invocation, folder: string): Promise<readonly Finding[]> {
  const folderFindings = invocation.settings.url === undefined ? await examineFolder(folder) : [];
  return [nodeVersion(), sqliteVersion(), ...folderFindings, ...(await examineShop(invocation, folder))];
}

function good(name: string, what: string): Finding {
  return { name, state: "good", what };
}

function nodeVersion(): Finding {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= NODE_LEAST) return good("node", node);
  return { name: "node", state: "bad", what: node, advice: `Run \`npm ci\`: the project brings Node ${NODE_LEAST}.` };
}

function sqliteVersion(): Finding {
  const db = new DatabaseSync(":memory:");
  const version = String(db.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  db.close();
  return good("sqlite", version);
}

async function examineFolder(folder: string): Promise<readonly Finding[]> {
  const space = await freeSpace(folder);
  if (!existsSync(folder)) {
    const what = `${folder} does not exist yet`;
    return [{ name: "folder", state: "note", what, advice: "`daybook start` makes it." }, space];
  }
  return [permissions(folder), ownership(folder), ...keyFiles(folder), ...keyExchange(folder), space];
}

function permissions(folder: string): Finding {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return { name: "folder", state: "bad", what: messageOf(error), advice: "Give this user the folder, or name another one." };
  }
  const mode = statSync(folder).mode & 0o777;
  if ((mode & 0o077) === 0) return good("folder", folder);
  const advice = `chmod 700 ${folder}: it holds keys.`;
  return { name: "folder", state: "note", what: `${folder} can be entered by others (mode ${mode.toString(8)})`, advice };
}

function ownership(folder: string): Finding {
  const owner = currentOwner(folder);
  if (!owner) return good("lock", "nobody owns the folder now");
  return good("lock", `process ${owner.pid} owns it${owner.url === undefined ? ", starting" : ` at ${owner.url}`}`);
}

function keyFiles(folder: string): readonly Finding[] {
  return [FILES.masterKey, FILES.developmentKey].map((name) => {
    const path = join(folder, name);
    if (!existsSync(path)) return missingKey(folder, name);
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) === 0) return good(name, "there, for this user only");
    const what = `can be read by others (mode ${mode.toString(8)})`;
    return { name, state: "bad", what, advice: `chmod 600 ${path}` };
  });
}

function keyExchange(folder: string): readonly Finding[] {
  if (!existsSync(join(folder, FILES.nextMasterKey))) return [];
  const advice = "Run `daybook keys rotate`: it goes on. Until then both key files are needed.";
  return [
    { name: FILES.nextMasterKey, state: "note", what: "the master key is being exchanged, or that was interrupted", advice },
  ];
}

function missingKey(folder: string, name: string): Finding {
  if (!holdsShop(folder)) return { name, state: "note", what: "not made yet" };
  const advice = "Restore it from a backup: without it, personal fields cannot be read.";
  return { name, state: name === FILES.masterKey ? "bad" : "note", what: "missing", advice };
}

async function freeSpace(folder: string): Promise<Finding> {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const bytes = bavail * bsize;
  const what = `${Math.floor(bytes / 1024 ** 2)} MiB free`;
  if (bytes >= FREE_BYTES_LEAST) return good("disk", what);
  return { name: "disk", state: "bad", what, advice: "Make room: on a full disk the store stops accepting writes." };
}

async function examineShop(invocation: Invocation, folder: string): Promise<readonly Finding[]> {
  const { settings } = invocation;
  const isMissing = settings.url === undefined && settings.store === "sqlite" && !currentOwner(folder) && !holdsShop(folder);
  if (isMissing) return [{ name: "shop", state: "note", what: "there is none yet", advice: "Run `daybook start`." }];
  try {
    return await connected(invocation, "read", async (client) => {
      const archived = settings.store === "memory" ? [] : [await archive(client, settings.url === undefined)];
      return [await head(client), ...(await projections(client)), ...archived];
    });
  } catch (error) {
    const { message, code, advice } = explained(error);
    return [{ name: "shop", state: "bad", what: `${message} (${code})`, advice }];
  }
}

/** Whether the files of old facts are there can be seen on their machine only. */
async function archive(client: Client, isHere: boolean): Promise<Finding> {
  const { body } = await client.call({ path: "/api/v1/archive" });
  const { records } = readList(body, "segments");
  const isWhole = ({ file, bytes }: (typeof records)[number]) =>
    statSync(String(file), { throwIfNoEntry: false })?.size === bytes;
  const missing = isHere ? records.find((each) => !isWhole(each)) : undefined;
  if (missing) {
    const advice = "Put the file of a backup there: what is in it cannot be read until then.";
    return { name: "archive", state: "bad", what: `${String(missing["file"])} is missing, or not whole`, advice };
  }
  const run = readDocument(readDocument(body)["run"] ?? {});
  if (run["state"] !== "failed") return good("archive", `${records.length} files`);
  const advice = "Mend the cause, then run `daybook archive run`: it goes on.";
  return { name: "archive", state: "bad", what: `the last run failed: ${String(run["error"])}`, advice };
}

async function head(client: Client): Promise<Finding> {
  await client.call({ path: "/api/v1/log", query: { after: "latest" } });
  return good("store", "answers");
}

async function projections(client: Client): Promise<readonly Finding[]> {
  const { body } = await client.call({ path: "/api/v1/projections" });
  return readList(body, "projections").records.map((projection): Finding => {
    const name = `projection ${String(projection["name"])}`;
    const subscription = (projection["subscription"] ?? {}) as Readonly<Record<string, unknown>>; // by the route's contract
    const { state, lag, blockedBy } = subscription;
    if (state === "stalled") {
      const advice = "Repair what blocks it, or deploy a version that can read it: it goes on by itself.";
      return { name, state: "bad", what: `stalled: ${JSON.stringify(blockedBy)}`, advice };
    }
    const behind = Number(lag ?? 0);
    if (behind <= LAG_NOTED) return good(name, state === "stopped" ? `lag ${behind}, not running` : `lag ${behind}`);
    const advice = state === "stopped" ? "Run `daybook start`: it goes on." : "Wait; look again with `daybook projection ls`.";
    return { name, state: "note", what: `${behind} events behind`, advice };
  });
}
