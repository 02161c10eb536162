import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const PROGRAM = fileURLToPath(new URL("./conformance/stray-program.ts", import.meta.url));

/** A process of its own: the runner of tests listens for unhandled rejections itself. */
async function programWith(word: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const child = spawn(process.execPath, [PROGRAM, word], { stdio: ["ignore", "pipe", "ignore"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { code, said };
}

test("a promise that a run leaves behind, and that a cancel or a failure rejects, does not end the process", async () => {
  assert.deepEqual(await programWith("cancel"), { code: 0, said: "cancelled\n" });
  assert.deepEqual(await programWith("failure"), { code: 0, said: "completed\n" });
});

test("a promise that fails outside of runs ends the process, as without workflows", async () => {
  assert.deepEqual(await programWith("outside"), { code: 1, said: "" });
});
