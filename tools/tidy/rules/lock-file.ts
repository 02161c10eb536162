/** The part of package-lock.json that is checked. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The lock file holds the binaries for every platform (npm drops silently what it cannot find, and `npm ci` fails on
 * the next machine), names no registry, and no package runs a script when it is installed.
 */
export function lockFileFaults(lock: LockFile): readonly string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => [
    ...missingBinaries(path, entry, lock).map(
      (name) => `${path || "the root"} lacks ${name}: install it again from the full lock file`,
    ),
    ...(entry.resolved !== undefined && !entry.link ? [`${path} names a registry: ${entry.resolved}`] : []),
    ...(entry.hasInstallScript ? [`${path} runs a script when it is installed`] : []),
  ]);
}

function missingBinaries(path: string, entry: LockedPackage, lock: LockFile): readonly string[] {
  return Object.keys(entry.optionalDependencies ?? {}).filter(
    (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
  );
}
