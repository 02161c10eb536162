import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { COMMANDS } from "../commands.ts";
import { nameOf } from "../shell/command.ts";
import { bashCompletion } from "./bash.ts";

describe("completion in bash", () => {
  const folder = mkdtempSync(join(tmpdir(), "daybook-completion-"));
  writeFileSync(join(folder, "script"), bashCompletion(COMMANDS));
  mkdirSync(join(folder, "place"));
  writeFileSync(join(folder, "place", "lines.csv"), "");
  mkdirSync(join(folder, "place", "backups"));
  after(() => rmSync(folder, { recursive: true }));

  /** What bash, having read the script, offers for these words, the last of them unfinished. */
  function offered(...words: readonly string[]): readonly string[] {
    const program = `source "$1"; shift; COMP_WORDS=(daybook "$@"); COMP_CWORD=$#; _daybook; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync("bash", ["--norc", "-euc", program, "bash", join(folder, "script"), ...words], {
      cwd: join(folder, "place"),
      encoding: "utf8",
    });
    return out.split("\n").filter((line) => line !== "");
  }

  test("offers nouns, then verbs", () => {
    assert.deepEqual(offered("ord"), ["order"]);
    assert.deepEqual(offered("order", "ca"), ["cancel"]);
    assert.ok(offered("").length >= 10);
  });

  test("offers the flags of every command, and no others", () => {
    for (const command of COMMANDS) {
      const expected = [...command.flags.map(({ name }) => `--${name}`), "--help"];
      assert.deepEqual(offered(...nameOf(command).split(" "), "--").toSorted(), expected.toSorted(), nameOf(command));
    }
  });

  test("offers a flag's values, folders, files, or nothing", () => {
    assert.deepEqual(offered("start", "--log-level", "in"), ["info"]);
    assert.deepEqual(offered("backup", "--to", ""), ["backups"]);
    assert.deepEqual(offered("import", "orders", "li"), ["lines.csv"]);
    assert.deepEqual(offered("import", "orders", "x.csv", "--mapping", "l"), ["lines.csv"]);
    assert.deepEqual(offered("order", "ls", "--limit", ""), []);
    assert.deepEqual(offered("stream", "read", "order-1", "--from", ""), [], "a version, though that of restore is a folder");
    assert.deepEqual(offered("completion", ""), ["bash", "zsh", "fish"]);
  });

  test("offers nothing for what is no command", () => {
    assert.deepEqual(offered("nonsense", "--"), []);
  });
});
