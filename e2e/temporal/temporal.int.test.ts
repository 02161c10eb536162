import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, test } from "node:test";
import { installed } from "./installed.ts";

const FOLDER = import.meta.dirname;
const HISTORIES = globSync("histories/*.json", { cwd: FOLDER }).toSorted();

describe("our workflows on Temporal", () => {
  before(installed);

  test("the adapter fits the types of Temporal's packages", () => {
    const compiler = join(FOLDER, "../../node_modules/.bin/tsc");
    const { status, stdout } = spawnSync(compiler, ["-p", FOLDER], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  test("Temporal's bundler takes the shop's workflow as it is, and the bundle holds no module of Node", async () => {
    const { bundled } = await import("./bundle.ts");
    const modules = modulesOf(await bundled("workflows.ts"));
    assert.ok(modules.some((path) => path.endsWith("shop/fulfilment/fulfil-order.workflow.ts")));
    assert.deepEqual(modules.filter((path) => !path.startsWith(".")).toSorted(), [
      "__temporal_custom_failure_converter (ignored)",
      "__temporal_custom_payload_converter (ignored)",
    ]);
    await assert.rejects(bundled("changes/impure.ts"), /node:crypto/);
  });

  for (const file of HISTORIES) {
    test(`the recorded history ${basename(file, ".json")} is replayed to the same commands`, async () => {
      await replayed("workflows.ts", file);
    });

    test(`a changed order of steps is found in ${basename(file, ".json")}, unless the change is guarded`, async () => {
      await assert.rejects(replayed("changes/reordered.ts", file), { name: "DeterminismViolationError" });
      await replayed("changes/guarded.ts", file);
    });
  }

  test("each ending is recorded", () => {
    const last = HISTORIES.map((file) => historyIn(file).events.at(-1)?.eventType);
    assert.deepEqual(
      new Set(last),
      new Set(["EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED", "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"]),
    );
  });
});

/** Replay needs no server. Rejects when the code's commands are not those that are recorded. */
async function replayed(entry: string, file: string): Promise<void> {
  const { bundled } = await import("./bundle.ts");
  const { replay } = await import("./replay.ts");
  await replay(await bundled(entry), historyIn(file));
}

function historyIn(file: string) {
  const text = readFileSync(join(FOLDER, file), "utf8");
  return JSON.parse(text) as { readonly events: readonly { readonly eventType: string }[] }; // written by record.ts
}

/** Names of a webpack bundle's modules. */
function modulesOf(code: string): readonly string[] {
  return [...code.matchAll(/^ {2}!\*\*\* (.+) \*\*\*!$/gm)].map(([, name = ""]) => name);
}
