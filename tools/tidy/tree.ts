import { repositoryFiles, ROOT } from "../repository.ts";
import { LAYERS, WORKSHOPS } from "./layers.ts";
import { readWorkspaces } from "./packages.ts";
import type { Tree } from "./rule.ts";
import { readSource } from "./source.ts";

/** Every TypeScript source of the repository, parsed. */
export function readTree(root: string = ROOT): Tree {
  const folders = [...new Set(LAYERS.map(({ folder }) => folder.split("/")[0])), ...WORKSHOPS];
  const sources = repositoryFiles(`{${folders.join(",")}}/**/*.{ts,tsx}`, root).filter((path) => !path.endsWith(".d.ts"));
  return { sources: sources.map((path) => readSource(path, root)), workspaces: readWorkspaces(root) };
}
