import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestHex } from "@daybook/kernel/digest";
import { alone, execute } from "../../tools/engines/machine.ts";

/** Installs Temporal's packages as this folder's lock file names them, unless they are there. */
export function installed(): Promise<void> {
  const folder = import.meta.dirname;
  const mark = join(folder, "node_modules", ".installed");
  const lock = digestHex(readFileSync(join(folder, "package-lock.json"), "utf8"));
  return alone(join(folder, ".installing"), async () => {
    if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
    await execute("npm", ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"]);
    writeFileSync(mark, lock);
  });
}
