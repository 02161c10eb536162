import { assert } from "@daybook/kernel/errors";
import type { Workspace } from "../tidy/packages.ts";

/** What package.json of the one package says beside what the repository's own says. */
export interface PackedManifest {
  readonly exports: Readonly<Record<string, ExportTarget | string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

interface ExportTarget {
  readonly types: string;
  readonly default: string;
}

/** The workspaces `@daybook/x` as one package with the subpaths `./x/…`; dependencies are theirs together. */
export function packedManifest(workspaces: readonly Workspace[]): PackedManifest {
  return {
    exports: { ...Object.fromEntries(workspaces.flatMap(exportsOf)), "./package.json": "./package.json" },
    dependencies: mergedDependencies(workspaces),
    bin: Object.fromEntries(
      workspaces.flatMap(({ folder, bin }) => Object.entries(bin).map(([name, file]) => [name, emitted(folder, file, ".js")])),
    ),
  };
}

function exportsOf({ name, folder, exports }: Workspace): readonly (readonly [string, ExportTarget])[] {
  const prefix = name.replace("@daybook/", "./");
  return Object.entries(exports).map(([subpath, target]) => [
    prefix + subpath.slice(1),
    { types: emitted(folder, target, ".d.ts"), default: emitted(folder, target, ".js") },
  ]);
}

function emitted(folder: string, target: string, extension: ".js" | ".d.ts"): string {
  return `./${folder}/${target.replace(/^\.\//, "")}`.replace(/\.tsx?$/, extension);
}

function mergedDependencies(workspaces: readonly Workspace[]): Readonly<Record<string, string>> {
  const merged = new Map<string, string>();
  for (const { name: workspace, dependencies } of workspaces) {
    for (const [name, version] of Object.entries(dependencies)) {
      if (name.startsWith("@daybook/")) continue;
      assert((merged.get(name) ?? version) === version, `${workspace} and its neighbours use one version of ${name}`);
      merged.set(name, version);
    }
  }
  return Object.fromEntries([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}
