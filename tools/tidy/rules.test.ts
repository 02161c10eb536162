import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Workspace } from "./packages.ts";
import { RULES } from "./rules.ts";
import { parseSource } from "./source.ts";

/** Violations planted for each rule (it must find exactly them), and code that it must leave alone. */
interface Planted {
  readonly rule: string;
  readonly violations: readonly Sample[];
  readonly allowed: readonly Sample[];
}

/** [path, text, path of a second file, its text] */
type Sample = readonly [path: string, text: string, otherPath?: string, otherText?: string];

const lines = (count: number, inside = "") => `export function long() {\n${"//\n".repeat(count - 2)}${inside}}\n`;
const KERNEL_ERROR = `export const a = defineError({ code: "a-b", advice: "Wait." });`;

const PLANTED: readonly Planted[] = [
  {
    rule: "layers",
    violations: [
      ["platform/kernel/clock.ts", `import { x } from "@daybook/data/store/port";`],
      ["platform/kernel/clock.ts", `import type { x } from "@daybook/data/store/port";`],
      ["platform/kernel/clock.ts", `export { x } from "@daybook/data/store/port";`],
      ["platform/kernel/clock.ts", `const x = await import("@daybook/data/store/port");`],
      ["platform/data/store/unit.ts", `import { x } from "@daybook/data/cqrs/bus";`],
      ["platform/data/store/unit.ts", `import { x } from "../cqrs/bus.ts";`],
      ["platform/data/cqrs/bus.ts", `import { x } from "../store/port.ts";`],
      ["platform/data/store/unit.ts", `import { x } from "../../kernel/clock.ts";`],
      ["platform/data/store/port.ts", `import { x } from "./sqlite/sqlite-store.ts";`],
      ["platform/data/store/sqlite/sqlite-store.ts", `import { x } from "../memory/memory-store.ts";`],
      ["platform/data/hidden/thing.ts", `export const x = 1;`],
      ["platform/elsewhere/thing.ts", `export const x = 1;`],
      ["platform/data/store/port.ts", `import { x } from "@daybook/testing/faults/disk";`],
      ["shop/ordering/order.ts", `import { x } from "@daybook/testing/faults/disk";`],
      ["shop/ordering/order.ts", `import { x } from "@daybook/payments/ledger";`],
      ["shop/ordering/service.ts", `import { x } from "@daybook/payments/service";`],
      ["shop/ordering/order.test.ts", `import { x } from "@daybook/payments/ledger";`],
      ["shop/ordering/order.ts", `import { x } from "@daybook/data/store/sqlite";`],
      ["cli/daybook.ts", `import { x } from "../tools/repository.ts";`],
      ["shop/sandbox/journal.ts", `import { x } from "@daybook/kernel/clock";`],
      ["shop/sandbox/journal.ts", `import type { x } from "@daybook/payments/contract";`],
      ["shop/sandbox/journal.test.ts", `import { x } from "../../e2e/cli/call.ts";`],
      ["shop/app.ts", `import { x } from "./sandbox/sandbox.ts";`],
      ["shop/payments/provider.test.ts", `import { x } from "../sandbox/sandbox.ts";`],
      ["e2e/restart/kill.int.test.ts", `import { x } from "../../shop/sandbox/sandbox.ts";`],
      ["bench/http/load.ts", `const x = await import("../../shop/sandbox/main.ts");`],
    ],
    allowed: [
      ["platform/data/store/unit.ts", `import { x } from "@daybook/kernel/clock"; import { z } from "zod";`],
      ["platform/data/cqrs/bus.ts", `import { x } from "@daybook/data/store/port";`],
      ["platform/data/store/port.test.ts", `import { x } from "@daybook/testing/faults/disk";`],
      ["platform/data/store/memory/memory-store.test.ts", `import { x } from "../conformance.ts";`],
      ["platform/data/store/conformance.ts", `import { x } from "./memory/memory-store.ts";`],
      ["shop/ordering/order.ts", `import { x } from "@daybook/payments/contract"; import { y } from "./state.ts";`],
      ["shop/ordering/service.ts", `import { x } from "@daybook/data/store/sqlite";`],
      ["shop/app.ts", `import { x } from "./payments/service.ts";`],
      ["platform/data/store/postgres/postgres-store.int.test.ts", `import { x } from "../../../../tools/engines/postgres.ts";`],
      ["tools/tidy/rules.ts", `import { x } from "@daybook/payments/ledger";`],
      ["shop/sandbox/card/charges.ts", `import { x } from "../journal.ts"; import { z } from "zod"; import "node:http";`],
      ["e2e/restart/kill.int.test.ts", `const child = spawn(process.execPath, ["shop/sandbox/main.ts"]);`],
    ],
  },
  {
    rule: "names",
    violations: [
      ["platform/kernel/utils.ts", ""],
      ["platform/kernel/string-helpers.ts", ""],
      ["platform/kernel/index.ts", ""],
      ["platform/common/clock.ts", ""],
      ["platform/kernel/misc.test.ts", ""],
      ["platform/kernel/VirtualClock.ts", ""],
      ["platform/kernel/src/clock.ts", ""],
      ["platform/kernel/one/two/three/four/clock.ts", ""],
    ],
    allowed: [
      ["platform/kernel/record-type.ts", ""],
      ["platform/kernel/one/two/three/clock.ts", ""],
      ["platform/data/store/sqlite-store.int.test.ts", ""],
      ["shop/ordering/fulfil-order.workflow.ts", ""],
    ],
  },
  {
    rule: "calls",
    violations: [
      ["platform/data/store/gather.ts", `const now = Date.now();`],
      ["platform/data/store/gather.ts", `const options = { now: Date.now };`],
      ["platform/data/store/gather.ts", `const now = new Date();`],
      ["platform/data/store/gather.ts", `const now = performance.now();`],
      ["platform/data/store/gather.ts", `setTimeout(run, 10);`],
      ["platform/data/store/gather.ts", `globalThis.setInterval(run, 10);`],
      ["platform/data/store/gather.ts", `import { setTimeout as later } from "node:timers/promises";`],
      ["platform/data/store/gather.ts", `const x = Math.random();`],
      ["platform/data/store/gather.ts", `const x = crypto.randomUUID();`],
      ["platform/data/store/gather.ts", `import { randomUUID } from "node:crypto"; randomUUID();`],
      ["platform/data/store/gather.ts", `const x = process.env["HOME"];`],
      ["platform/data/store/gather.ts", `throw new Error("no");`],
      ["platform/data/store/gather.ts", `throw Error("no");`],
    ],
    allowed: [
      ["platform/kernel/clock.ts", `setTimeout(run, Date.now());`],
      ["platform/kernel/errors.ts", `throw new Error("assertion failed");`],
      ["platform/foundation/config/environment.ts", `const x = process.env["HOME"];`],
      ["platform/data/store/gather.ts", `const day = new Date(0); clock.setTimeout(run, 1); throw new TypeError("x");`],
      ["platform/data/store/gather.test.ts", `setTimeout(run, Date.now()); throw new Error(process.env["X"]);`],
      ["bench/append.ts", `performance.now();`],
    ],
  },
  {
    rule: "size",
    violations: [
      ["platform/kernel/clock.ts", "//\n".repeat(501)],
      ["platform/kernel/clock.ts", lines(71)],
      ["platform/kernel/clock.ts", `const long = () => {\n${"//\n".repeat(70)}};`],
      ["platform/kernel/clock.ts", lines(71, "describe('x', () => {});")],
      ["platform/kernel/clock.test.ts", lines(71)],
      ["platform/kernel/clock.test.ts", `test("long", () => {\n${"//\n".repeat(70)}});`],
    ],
    allowed: [
      ["platform/kernel/clock.ts", "//\n".repeat(500)],
      ["platform/kernel/clock.ts", lines(70)],
      ["platform/kernel/clock.test.ts", `describe("clock", () => {\n${'test("short", () => {});\n'.repeat(100)}});`],
    ],
  },
  {
    rule: "error-codes",
    violations: [
      ["platform/kernel/errors.ts", KERNEL_ERROR, "platform/data/store/errors.ts", KERNEL_ERROR],
      ["platform/kernel/errors.ts", `const a = defineError({ code: "NotKebab", advice: "Wait." });`],
      ["platform/kernel/errors.ts", `const a = defineError({ code: name, advice: "Wait." });`],
      ["platform/kernel/errors.ts", `const a = defineError({ code: "a-b", advice: "" });`],
      ["platform/kernel/errors.ts", `const a = defineError({ code: "a-b" });`],
    ],
    allowed: [
      ["platform/kernel/errors.ts", `const a = defineError({ code: "a-b", advice: "One " + "sentence.", retryable: true });`],
      ["platform/kernel/errors.ts", KERNEL_ERROR, "platform/kernel/errors.test.ts", KERNEL_ERROR],
    ],
  },
  {
    rule: "modules",
    violations: [
      ["platform/kernel/clock.ts", `export default function clock() {}`],
      ["platform/kernel/clock.ts", `export * from "./virtual-clock.ts";`],
      ["platform/kernel/clock.ts", `let count = 0; export const next = () => count++;`],
      ["platform/kernel/clock.ts", `export let count = 0;`],
    ],
    allowed: [
      ["console/vite.config.ts", `export default {};`],
      ["platform/kernel/clock.ts", `export { a } from "./a.ts"; const b = 1; export const c = () => { let d = b; return d++; };`],
      ["platform/kernel/clock.test.ts", `let count = 0;`],
      ["tools/test/shard.ts", `let count = 0; count++;`],
    ],
  },
  {
    rule: "casts",
    violations: [
      ["platform/kernel/clock.ts", `// reason\nconst x = y as any;`],
      ["platform/kernel/clock.ts", `function f(x: any) {}`],
      ["platform/kernel/clock.ts", `// @ts-ignore\nf();`],
      ["platform/kernel/clock.ts", `// @ts-nocheck`],
      ["platform/kernel/clock.ts", `const x = y as string;`],
    ],
    allowed: [
      ["platform/kernel/clock.ts", `const x = y as string; // by the schema`],
      ["platform/kernel/clock.ts", `// by the schema\nconst x = y as string;`],
      ["platform/kernel/clock.ts", `const x = [1] as const; const z = { a: 1 } satisfies T;`],
      ["platform/kernel/clock.test.ts", `const x = y as string;`],
    ],
  },
  {
    rule: "test-marks",
    violations: [
      ["platform/kernel/clock.test.ts", `test.only("x", () => {});`],
      ["platform/kernel/clock.test.ts", `test("x", { only: true }, () => {});`],
      ["platform/kernel/clock.test.ts", `describe.skip("x", () => {});`],
      ["platform/kernel/clock.test.ts", `it.todo("x");`],
      ["platform/kernel/clock.test.ts", `test("x", { skip: true }, () => {});`],
      ["platform/kernel/clock.test.ts", `test("x", (t) => { t.skip(); });`],
    ],
    allowed: [
      ["platform/kernel/clock.test.ts", `test("x", { skip: "no engine" }, (t) => { t.skip("no engine"); });`],
      ["platform/kernel/clock.test.ts", `test("x", { skip: hasEngine ? false : "no engine" }, () => {});`],
    ],
  },
  {
    rule: "workflows",
    violations: [
      ["shop/ordering/fulfil.workflow.ts", `import { readFile } from "node:fs/promises";`],
      ["shop/ordering/fulfil.workflow.ts", `import { WorkflowEngine } from "@daybook/workflow/engine";`],
      ["shop/ordering/fulfil.workflow.ts", `import { charge } from "./card-client.ts";`],
      ["shop/ordering/fulfil.workflow.ts", `const x = await import("@daybook/data/store/memory");`],
    ],
    allowed: [
      ["shop/ordering/fulfil.workflow.ts", `import { workflow } from "@daybook/workflow/definition"; import { z } from "zod";`],
      [
        "shop/ordering/fulfil.workflow.ts",
        `import { pay } from "@daybook/payments/contract"; import { charge } from "./steps.ts";`,
      ],
      ["shop/ordering/fulfil.workflow.ts", `import type { Clock } from "@daybook/kernel/clock";`],
      ["shop/ordering/fulfil.workflow.ts", `import { returns } from "./return-order.workflow.ts";`],
      ["shop/ordering/fulfil.ts", `import { readFile } from "node:fs/promises";`],
    ],
  },
];

const WORKSPACES: readonly Workspace[] = [
  { name: "@daybook/kernel", folder: "platform/kernel", exports: { "./*": "./*.ts" } },
  {
    name: "@daybook/data",
    folder: "platform/data",
    exports: { "./*": "./*.ts", "./store/sqlite": "./store/sqlite/sqlite-store.ts" },
  },
  { name: "@daybook/testing", folder: "platform/testing", exports: { "./*": "./*.ts" } },
  { name: "@daybook/payments", folder: "shop/payments", exports: { "./*": "./*.ts" } },
].map((workspace) => ({ ...workspace, dependencies: {}, bin: {} }));

function findings(name: string, [path, text, otherPath, otherText = ""]: Sample): readonly string[] {
  const rule = RULES.find((each) => each.name === name);
  assert.ok(rule, `there is a rule ${name}`);
  const sources = [parseSource(path, text), ...(otherPath === undefined ? [] : [parseSource(otherPath, otherText)])];
  return rule.check({ sources, workspaces: WORKSPACES }).map(({ message }) => message);
}

describe("each rule finds what is planted and leaves the rest alone", () => {
  test("every rule has a planted violation", () => {
    assert.deepEqual(
      RULES.map(({ name }) => name),
      PLANTED.map(({ rule }) => rule),
    );
  });
  for (const { rule, violations, allowed } of PLANTED) {
    for (const sample of violations) {
      test(`${rule} refuses ${titleOf(sample)}`, () => assert.equal(findings(rule, sample).length, 1));
    }
    for (const sample of allowed) {
      test(`${rule} allows ${titleOf(sample)}`, () => assert.deepEqual(findings(rule, sample), []));
    }
  }
});

function titleOf([path, text]: Sample): string {
  return `${path}: ${text.slice(0, 70).replaceAll("\n", " ")}`;
}
