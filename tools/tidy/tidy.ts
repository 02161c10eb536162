import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryFiles, ROOT } from "../repository.ts";
import { RULES } from "./rules.ts";
import { lockFileFaults, type LockFile } from "./rules/lock-file.ts";
import { manifestFaults, type Manifest } from "./rules/manifests.ts";
import type { Finding } from "./source.ts";
import { readTree } from "./tree.ts";

/** Checks the repository against the rules; prints each finding as `path:line rule: message`. Exit code 1 with any. */
const tree = readTree();
const findings: readonly Finding[] = [...RULES.flatMap((rule) => rule.check(tree)), ...findingsInPackages()];
for (const { path, line, rule, message } of findings) console.log(`${path}:${line} ${rule}: ${message}`);
console.log(`${tree.sources.length} files, ${findings.length} findings`);
process.exitCode = findings.length === 0 && tree.sources.length > 0 ? 0 : 1;

function findingsInPackages(): readonly Finding[] {
  const lock = read("package-lock.json") as LockFile; // written by npm
  const paths = repositoryFiles("{.,platform/*,shop/*,cli,console,storefront}/package.json");
  const manifests = paths.map((path) => [dirname(path).replace(/^\.$/, ""), read(path) as Manifest] as const); // npm checks it
  const faults = [
    ...lockFileFaults(lock).map((message) => ({ rule: "lock-file", message })),
    ...manifestFaults(Object.fromEntries(manifests), lock).map((message) => ({ rule: "manifests", message })),
  ];
  return faults.map((fault) => ({ path: "package-lock.json", line: 1, ...fault }));
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
