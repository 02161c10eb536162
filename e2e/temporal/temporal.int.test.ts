import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { installed } from "./installed.ts";

const FOLDER = import.meta.dirname;
/** By the bundle's entry; see record.ts. */
const HISTORIES = {
  workflows: ["cancelled", "declined", "fulfilled"],
  words: ["broken", "decided", "every-word", "every-word.continued"],
};

describe("our workflows on Temporal", () => {
  before(installed);

  test("the adapter fits the types of Temporal's packages", () => {
    const compiler = join(FOLDER, "../../node_modules/.bin/tsc");
    const { status, stdout } = spawnSync(compiler, ["-p", FOLDER], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  test("Temporal's bundler takes the shop's workflow as it is, and the bundle holds no module of Node", async () => {
    const modules = modulesOf(await bundleOf("workflows.ts"));
    assert.ok(modules.some((path) => path.endsWith("shop/fulfilment/fulfil-order.workflow.ts")));
    assert.deepEqual(modules.filter((path) => !path.startsWith(".")).toSorted(), [
      "__temporal_custom_failure_converter (ignored)",
      "__temporal_custom_payload_converter (ignored)",
    ]);
    await assert.rejects(bundleOf("changes/impure.ts"), /node:crypto/);
  });

  for (const [entry, names] of Object.entries(HISTORIES)) {
    for (const name of names) {
      test(`the recorded history ${name} is replayed to the same commands`, () => replayed(`${entry}.ts`, entry, name));
    }
  }

  for (const name of HISTORIES.workflows) {
    test(`a changed order of steps is found in ${name}, unless the change is guarded`, async () => {
      await assert.rejects(replayed("changes/reordered.ts", "workflows", name), { name: "DeterminismViolationError" });
      await replayed("changes/guarded.ts", "workflows", name);
    });
  }
});

/** Replay needs no server. Rejects when the code's commands are not those that are recorded. */
async function replayed(entry: string, folder: string, name: string): Promise<void> {
  const { replay } = await import("./replay.ts");
  const text = readFileSync(join(FOLDER, "histories", folder, `${name}.json`), "utf8");
  const [id = ""] = name.split(".");
  await replay(await bundleOf(entry), JSON.parse(text), id);
}

const bundles = new Map<string, Promise<string>>();

/** Made once: bundling takes longest. Temporal's packages are there only once they are installed. */
function bundleOf(entry: string): Promise<string> {
  const bundle = bundles.get(entry) ?? import("./bundle.ts").then(({ bundled }) => bundled(entry));
  bundles.set(entry, bundle);
  return bundle;
}

/** Names of a webpack bundle's modules. */
function modulesOf(code: string): readonly string[] {
  return [...code.matchAll(/^ {2}!\*\*\* (.+) \*\*\*!$/gm)].map(([, name = ""]) => name);
}
