import { readFile } from "node:fs/promises";
import { stdin } from "node:process";
import { text as textOf } from "node:stream/consumers";

/** The first line of a file, or of stdin for "-". */
export async function firstLine(file: string): Promise<string> {
  const text = file === "-" ? await textOf(stdin) : await readFile(file, "utf8");
  return text.split(/\r?\n/, 1)[0] ?? "";
}
