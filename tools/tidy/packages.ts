import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { repositoryFiles, ROOT } from "../repository.ts";

/** One npm workspace. */
export interface Workspace {
  readonly name: string;
  readonly folder: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  /** Programs, by name. */
  readonly bin: Readonly<Record<string, string>>;
}

export function readWorkspaces(root: string = ROOT): readonly Workspace[] {
  return repositoryFiles("{platform,shop}/*/package.json", root)
    .concat(repositoryFiles("{shop,cli,console,storefront}/package.json", root))
    .map((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as Partial<Workspace>; // npm checks it
      return {
        name: manifest.name ?? "",
        folder: dirname(path),
        exports: manifest.exports ?? {},
        dependencies: manifest.dependencies ?? {},
        bin: manifest.bin ?? {},
      };
    });
}

/**
 * The repository file that `specifier` in the file `from` means: relative, or a workspace's export. Undefined for
 * packages from outside and for what no workspace exports.
 */
export function resolveImport(specifier: string, from: string, workspaces: readonly Workspace[]): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const workspace = workspaces.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (!workspace) return undefined;
  const target = exportedFile(`.${specifier.slice(workspace.name.length)}`, workspace.exports);
  return target === undefined ? undefined : posix.join(workspace.folder, target);
}

/** The target of a subpath, by exact key, else by the longest pattern with one `*`. */
function exportedFile(subpath: string, exports: Readonly<Record<string, string>>): string | undefined {
  if (exports[subpath] !== undefined) return exports[subpath];
  const patterns = Object.keys(exports).filter((key) => key.includes("*"));
  for (const key of patterns.sort((a, b) => b.length - a.length)) {
    const [before = "", after = ""] = key.split("*");
    const isMatch = subpath.startsWith(before) && subpath.endsWith(after) && subpath.length > before.length + after.length;
    if (isMatch) return exports[key]?.replace("*", subpath.slice(before.length, subpath.length - after.length));
  }
  return undefined;
}
