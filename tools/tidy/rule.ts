import type { Workspace } from "./packages.ts";
import type { Finding, Source } from "./source.ts";

/** What the rules look at. */
export interface Tree {
  readonly sources: readonly Source[];
  readonly workspaces: readonly Workspace[];
}

export type Report = (message: string, line?: number) => Finding;

export interface Rule {
  readonly name: string;
  check(tree: Tree): readonly Finding[];
}

/** A rule that looks at one source after the other. `report` makes a finding in that source. */
export function sourceRule(name: string, check: (source: Source, report: Report, tree: Tree) => Iterable<Finding>): Rule {
  return {
    name,
    check: (tree) =>
      tree.sources.flatMap((source) => [
        ...check(source, (message, line = 1) => ({ path: source.path, line, rule: name, message }), tree),
      ]),
  };
}
