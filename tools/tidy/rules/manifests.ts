import type { LockFile } from "./lock-file.ts";

/** The part of a package.json that is checked. */
export interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/**
 * Dependencies of the repository's package.json files, by folder ("" for the root): exact versions, one of each, and the
 * same in the lock file, or `npm ci` fails in a fresh clone.
 */
export function manifestFaults(manifests: Readonly<Record<string, Manifest>>, lock: LockFile): readonly string[] {
  const versions = new Map<string, string>();
  return Object.entries(manifests).flatMap(([folder, manifest]) =>
    dependenciesOf(manifest).flatMap(([name, version]) => {
      const earlier = versions.get(name) ?? version;
      versions.set(name, earlier);
      return [
        ...(EXACT.test(version) ? [] : [`${folder || "the root"} takes ${name} ${version}: name one exact version`]),
        ...(earlier === version ? [] : [`${folder || "the root"} takes ${name} ${version}, another package ${earlier}`]),
        ...(lockedVersion(folder, name, lock) === version
          ? []
          : [`package-lock.json does not know that ${folder || "the root"} takes ${name} ${version}`]),
      ];
    }),
  );
}

function dependenciesOf(manifest: Manifest): readonly (readonly [string, string])[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies });
}

function lockedVersion(folder: string, name: string, lock: LockFile): string | undefined {
  const entry = lock.packages[folder];
  return entry?.dependencies?.[name] ?? entry?.devDependencies?.[name] ?? entry?.optionalDependencies?.[name];
}
