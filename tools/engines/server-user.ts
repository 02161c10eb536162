import { chmodSync, chownSync } from "node:fs";
import { engineUnavailable } from "./errors.ts";
import { readIfThere } from "./machine.ts";

/** The command that runs `program` as the system user of servers when we are root, which servers refuse to be. */
export function asServerUser(program: string, words: readonly string[]): readonly [program: string, words: readonly string[]] {
  if (!isRoot()) return [program, words];
  const { user, group } = serverUser();
  return ["setpriv", [`--reuid=${user}`, `--regid=${group}`, "--clear-groups", program, ...words]];
}

/** Makes a folder and files in it the server's own. */
export function giveToServer(folder: string, ...files: readonly string[]): void {
  chmodSync(folder, 0o700);
  if (!isRoot()) return;
  const { user, group } = serverUser();
  for (const path of [folder, ...files]) chownSync(path, user, group);
}

const isRoot = () => process.getuid?.() === 0;

function serverUser(): { readonly user: number; readonly group: number } {
  const lines = (readIfThere("/etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
  const found = lines.find(([name]) => name === "postgres") ?? lines.find(([name]) => name === "nobody");
  if (!found) throw engineUnavailable("there is no user postgres or nobody to run the server");
  return { user: Number(found[2]), group: Number(found[3]) };
}
