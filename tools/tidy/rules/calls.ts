import { isTest, isWorkshop } from "../place.ts";
import { sourceRule } from "../rule.ts";
import { dottedName, nodesOf, type SyntaxNode } from "../source.ts";

interface Ban {
  readonly what: string;
  readonly instead: string;
  /** Files, or folders with a slash at the end, that may. */
  readonly homes: readonly string[];
  readonly matches: (node: SyntaxNode) => boolean;
}

const CLOCK = ["platform/kernel/clock.ts", "shop/sandbox/clock.ts"];
const RANDOM = ["platform/kernel/random.ts"];

const BANS: readonly Ban[] = [
  { what: "Date.now", instead: "take a Clock", homes: CLOCK, matches: isReadOf("Date.now") },
  {
    what: "new Date()",
    instead: "take a Clock",
    homes: CLOCK,
    matches: (node) => isNew(node, "Date") && countOfArguments(node) === 0,
  },
  { what: "performance.now", instead: "take a Clock", homes: CLOCK, matches: isReadOf("performance.now") },
  { what: "setTimeout", instead: "take a Clock", homes: CLOCK, matches: isCallOf("setTimeout") },
  { what: "setInterval", instead: "take a Clock", homes: CLOCK, matches: isCallOf("setInterval") },
  { what: "node:timers", instead: "take a Clock", homes: CLOCK, matches: isImportOf("node:timers", "node:timers/promises") },
  { what: "Math.random", instead: "take a Random", homes: RANDOM, matches: isReadOf("Math.random") },
  { what: "randomUUID", instead: "take an IdSource", homes: RANDOM, matches: isCallOf("randomUUID", "randomUUIDv7") },
  {
    what: "process.env",
    instead: "take the configuration",
    homes: ["platform/foundation/config/", "cli/program.ts"],
    matches: isReadOf("process.env"),
  },
  {
    what: "new Error",
    instead: "define a coded error in errors.ts, or assert",
    homes: ["platform/kernel/errors.ts", "platform/kernel/canonical.ts"],
    matches: (node) => isNew(node, "Error") || isCallOf("Error")(node),
  },
];

/** Time, randomness, the environment and bare errors are used in their one home only; tests and workshops are free. */
export const callsRule = sourceRule("calls", function* (source, report) {
  if (isTest(source.path) || isWorkshop(source.path)) return;
  const bans = BANS.filter(
    ({ homes }) => !homes.some((home) => source.path === home || (home.endsWith("/") && source.path.startsWith(home))),
  );
  for (const { node } of nodesOf(source.program)) {
    for (const { what, instead, matches } of bans)
      if (matches(node)) yield report(`${what}: ${instead}`, source.lineAt(node.start));
  }
});

function isReadOf(name: string): (node: SyntaxNode) => boolean {
  return (node) => node.type === "MemberExpression" && isGlobal(dottedName(node), name);
}

/** Calls `name`, also as a member (`crypto.randomUUID()`) or under globalThis. */
function isCallOf(...names: readonly string[]): (node: SyntaxNode) => boolean {
  return (node) => {
    if (node.type !== "CallExpression") return false;
    const callee = dottedName(node["callee"]) ?? "";
    return names.some((name) => isGlobal(callee, name) || (name.startsWith("random") && callee.endsWith(`.${name}`)));
  };
}

function isNew(node: SyntaxNode, name: string): boolean {
  return node.type === "NewExpression" && isGlobal(dottedName(node["callee"]), name);
}

function isGlobal(found: string | undefined, name: string): boolean {
  return found === name || found === `globalThis.${name}`;
}

function countOfArguments(node: SyntaxNode): number {
  return Array.isArray(node["arguments"]) ? node["arguments"].length : 0;
}

function isImportOf(...modules: readonly string[]): (node: SyntaxNode) => boolean {
  return (node) => {
    if (node.type !== "ImportDeclaration") return false;
    const source = node["source"] as { readonly value?: string }; // an import declaration always has one
    return modules.includes(source.value ?? "");
  };
}
