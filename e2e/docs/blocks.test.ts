import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { COMMANDS } from "../../cli/commands.ts";
import { parseCall } from "../../cli/shell/arguments.ts";
import { ROOT } from "../../tools/repository.ts";
import { blocksOf } from "./blocks.ts";

/** Documents with blocks of code, and what runs them. */
const RUN_BY: Readonly<Record<string, string>> = {
  "README.md": ".ci/run, and its calls of the program are parsed here",
  "docs/cli.md": "its calls of the program are parsed here",
  "docs/import.md": "e2e/docs/commands.int.test.ts",
  "docs/operating.md": "e2e/docs/commands.int.test.ts",
  "docs/temporal.md": "e2e/temporal/temporal.int.test.ts, which works with the file that it includes",
  "docs/tutorial.md": "e2e/tutorial/tutorial.int.test.ts",
};

/** Pictures are drawn, not run; usage without a language is what the parser itself prints. */
const NOT_CODE = new Set(["mermaid", ""]);

test("every block of code in the documents is run by something", () => {
  const documents = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });
  const withCode = documents.filter((path) => blocksOf(read(path)).some(({ language }) => !NOT_CODE.has(language)));
  assert.deepEqual(withCode.toSorted(), Object.keys(RUN_BY).toSorted());
});

for (const path of ["README.md", "docs/cli.md"]) {
  test(`every call of the program in ${path} is one that it takes`, () => {
    const calls = blocksOf(read(path))
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.split("\n"))
      .map(callOf)
      .filter((words) => words !== undefined);
    assert.ok(calls.length >= 4, String(calls.length));
    for (const words of calls) assert.doesNotThrow(() => parseCall(words, COMMANDS), words.join(" "));
  });
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The words after the program's name, up to a comment, a pipe or a redirection; undefined when the line calls something else. */
function callOf(line: string): readonly string[] | undefined {
  const call = /^(?:daybook|npm run --silent daybook --|npm (start)(?: --)?)(?: (.*))?$/.exec(line.replace(/ +[#|>].*/, ""));
  if (!call) return undefined;
  const [, start, rest = ""] = call;
  const words = [...rest.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  return start === undefined ? words : [start, ...words];
}
