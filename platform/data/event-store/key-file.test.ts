import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { loadOrCreateKeyFile } from "./key-file.ts";

const ids = idSource(virtualClock(), systemRandom());

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "daybook-key-"));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

void describe("a key file", () => {
  void test("is made once, by one of many, with mode 600, and leaves nothing beside it", async (context) => {
    const path = join(await folder(context), "master.key");
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateKeyFile(path, 32, { ids })));
    for (const key of keys) assert.deepEqual(key, keys[0]);
    assert.equal(keys[0]?.length, 32);
    assert.deepEqual(new Uint8Array(await readFile(path)), keys[0]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(path, "..")), ["master.key"]);
  });

  void test("that others may read, or of another size, is refused and left as it is", async (context) => {
    const path = join(await folder(context), "master.key");
    const key = await loadOrCreateKeyFile(path, 32, { ids });
    await chmod(path, 0o640);
    await assert.rejects(loadOrCreateKeyFile(path, 32, { ids }), { code: "key-file-invalid", message: /mode 640/ });
    await chmod(path, 0o600);
    assert.deepEqual(await loadOrCreateKeyFile(path, 32, { ids }), key);
    await assert.rejects(loadOrCreateKeyFile(path, 16, { ids }), { code: "key-file-invalid" });
    await truncate(path, 31);
    await assert.rejects(loadOrCreateKeyFile(path, 32, { ids }), { code: "key-file-invalid", message: /31 bytes/ });
    assert.equal((await stat(path)).size, 31);
  });

  void test("that is missing is not made by a reader, nor in a folder that is not there", async (context) => {
    const place = await folder(context);
    await assert.rejects(loadOrCreateKeyFile(join(place, "a.key"), 32, { ids, isReadOnly: true }), { code: "key-file-invalid" });
    await assert.rejects(loadOrCreateKeyFile(join(place, "no", "a.key"), 32, { ids }), { code: "key-file-invalid" });
    assert.deepEqual(await readdir(place), []);
  });

  void test("is not a folder or a broken file", async (context) => {
    const place = await folder(context);
    await assert.rejects(loadOrCreateKeyFile(place, 32, { ids }), { code: "key-file-invalid" });
    await writeFile(join(place, "empty.key"), "", { mode: 0o600 });
    await assert.rejects(loadOrCreateKeyFile(join(place, "empty.key"), 32, { ids }), { code: "key-file-invalid" });
  });
});
