import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openGatheredFile } from "./gathered-file.ts";
import { settings } from "./settings.ts";

describe("the file", async () => {
  const data = await mkdtemp(join(tmpdir(), "daybook-sandbox-"));
  after(() => rm(data, { recursive: true }));

  test("a change that throws undoes all that shared its commit, and the next one is not touched", async () => {
    const file = openGatheredFile(join(data, "a"));
    const values = settings(file);
    const first = file.change(() => values.write("first", 1));
    const broken = file.change(() => {
      values.write("broken", 1);
      throw new Error("planted");
    });
    const next = file.change(() => values.write("next", 1));
    await assert.rejects(broken, /planted/);
    await assert.rejects(first, /planted/, "and nobody is told that it was kept");
    await next;
    assert.deepEqual(
      ["first", "broken", "next"].map((name) => values.read(name)),
      [undefined, undefined, 1],
    );
    file.close();
  });

  test("what is answered is there when the folder is opened again; nobody else opens it meanwhile", async () => {
    const file = openGatheredFile(join(data, "b"));
    await file.change(() => settings(file).write("kept", { deep: [1] }));
    assert.throws(() => openGatheredFile(join(data, "b")), /locked/);
    file.close();
    const again = openGatheredFile(join(data, "b"));
    assert.deepEqual(settings(again).read("kept"), { deep: [1] });
    again.close();
  });
});
