import { repositoryFiles } from "../repository.ts";

export interface Selection {
  /** Only the tests on real engines (`*.int.test.ts`) instead of all others. */
  readonly isIntegration: boolean;
  /** Paths, or parts of paths; all files when empty. */
  readonly only: readonly string[];
}

/** The test files of a selection, relative to the repository. */
export function selectedFiles(selection: Selection, files = repositoryFiles("**/*.test.ts")): readonly string[] {
  return files
    .filter((file) => file.endsWith(".int.test.ts") === selection.isIntegration)
    .filter((file) => selection.only.length === 0 || selection.only.some((part) => file.includes(part.replace(/^\.\//, ""))));
}

/** Deals `files` out to at most `count` shards of nearly equal number. */
export function shardsOf(files: readonly string[], count: number): readonly (readonly string[])[] {
  const shards: string[][] = Array.from({ length: Math.min(count, files.length) }, () => []);
  for (const [index, file] of files.entries()) shards[index % shards.length]?.push(file);
  return shards;
}
