import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { COMMANDS } from "../commands.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

const folder = mkdtempSync(join(tmpdir(), "daybook-shells-"));
after(() => rmSync(folder, { recursive: true }));

/** A reason to skip where the shell is not installed. */
function lacking(shell: string): string | false {
  return spawnSync(shell, ["--version"]).error ? `${shell} is not installed here` : false;
}

function printed(shell: string, ...words: readonly string[]): string {
  return execFileSync(shell, words, { encoding: "utf8" });
}

describe("completion in fish", () => {
  const script = join(folder, "daybook.fish");
  writeFileSync(script, fishCompletion(COMMANDS));

  test("names every command's flags for that command", () => {
    const lines = fishCompletion(COMMANDS).split("\n");
    for (const { noun, verb, flags } of COMMANDS) {
      const runs = `-n '__daybook_runs ${[noun, verb].filter((word) => word !== undefined).join(" ")}'`;
      const named = lines.filter((line) => line.includes(runs)).flatMap((line) => / -l (\S+)/.exec(line)?.[1] ?? []);
      assert.deepEqual(
        named,
        flags.map(({ name }) => name),
      );
    }
  });

  test("offers nouns, verbs, flags, values and nothing else", { skip: lacking("fish") }, () => {
    const offered = (line: string) => {
      const out = printed("fish", "--no-config", "-c", `source ${script}; complete -C '${line}'`);
      return out.split("\n").flatMap((found) => (found === "" ? [] : [found.split("\t")[0]]));
    };
    assert.deepEqual(offered("daybook ord"), ["order"]);
    assert.deepEqual(offered("daybook order ca"), ["cancel"]);
    assert.deepEqual(offered("daybook order ls --sta"), ["--status"]);
    assert.deepEqual(offered("daybook start --log-level in"), ["info"]);
    assert.deepEqual(offered("daybook completion "), ["bash", "fish", "zsh"]);
    assert.deepEqual(offered("daybook order ls --limit "), []);
  });
});

describe("completion in zsh", () => {
  const script = join(folder, "_daybook");
  writeFileSync(script, zshCompletion(COMMANDS));

  test("has a specification for every flag, with what divides one escaped", () => {
    const text = zshCompletion(COMMANDS);
    for (const { noun, verb, flags } of COMMANDS) {
      const name = verb === undefined ? noun : `${noun} ${verb}`;
      const line = text.split("\n").find((each) => each.startsWith(`    "${name}") _arguments `)) ?? "";
      assert.deepEqual(
        [...line.matchAll(/'\*?--([a-z-]+)\[(?:[^\]\\]|\\.)*\]/g)].map(([, flag]) => flag),
        [...flags.map((flag) => flag.name), "help"],
        name,
      );
    }
  });

  test("is read by zsh", { skip: lacking("zsh") }, () => {
    const program = `compdef() { [[ "$*" == "_daybook daybook" ]] }; source ${script} && typeset -f _daybook`;
    assert.match(printed("zsh", "-f", "-c", program), /_arguments/);
  });
});
