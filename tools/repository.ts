import { globSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json, absolute. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const NOT_OURS = new Set(["node_modules", ".git", "dist"]);
/** `data` is a layer of the platform and, at the root, the folder of a running program. */
const NOT_OURS_AT = new Set(["data", "bench/peers", "coverage"]);

/** Paths of the repository's own files that match `pattern` (a glob), relative to `root`, with `/`, in code-unit order. */
export function repositoryFiles(pattern: string, root: string = ROOT): readonly string[] {
  return globSync(pattern, { cwd: root, withFileTypes: true, exclude: (entry) => isForeign(entry.name, entry.parentPath, root) })
    .filter((entry) => entry.isFile())
    .map((entry) => relativePath(entry.parentPath, entry.name, root))
    .sort();
}

function isForeign(name: string, parent: string, root: string): boolean {
  return NOT_OURS.has(name) || NOT_OURS_AT.has(relativePath(parent, name, root));
}

function relativePath(parent: string, name: string, root: string): string {
  return `${parent}/${name}`.slice(root.length + 1).replaceAll("\\", "/");
}
