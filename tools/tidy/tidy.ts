import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../repository.ts";
import { RULES } from "./rules.ts";
import { lockFileFaults, type LockFile } from "./rules/lock-file.ts";
import type { Finding } from "./source.ts";
import { readTree } from "./tree.ts";

/** Checks the repository against the rules; prints each finding as `path:line rule: message`. Exit code 1 with any. */
const tree = readTree();
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as LockFile; // written by npm
const findings: readonly Finding[] = [
  ...RULES.flatMap((rule) => rule.check(tree)),
  ...lockFileFaults(lock).map((message) => ({ path: "package-lock.json", line: 1, rule: "lock-file", message })),
];
for (const { path, line, rule, message } of findings) console.log(`${path}:${line} ${rule}: ${message}`);
console.log(`${tree.sources.length} files, ${findings.length} findings`);
process.exitCode = findings.length === 0 && tree.sources.length > 0 ? 0 : 1;
