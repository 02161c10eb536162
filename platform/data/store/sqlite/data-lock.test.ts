import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CodedError } from "@daybook/kernel/errors";
import { lockDataFolder, makeDataFolder, readOwner } from "./data-lock.ts";

describe("a data folder", () => {
  test("is made with those above it, once, and nowhere that the system makes none", async () => {
    const root = mkdtempSync(join(tmpdir(), "daybook-folder-"));
    const folder = join(root, "a", "b");
    await Promise.all([makeDataFolder(folder), makeDataFolder(folder)]);
    await makeDataFolder(folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    writeFileSync(join(root, "file"), "");
    await assert.rejects(makeDataFolder(join(root, "file")), { code: "EEXIST" });
    await assert.rejects(makeDataFolder(join(root, "file", "b")), { code: "ENOTDIR" });
    await assert.rejects(makeDataFolder("/proc/daybook/shop"), { code: "ENOENT" });
    rmSync(root, { recursive: true });
  });
});

describe("the lock of a data folder", () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "daybook-lock-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function refusal(): CodedError {
    try {
      lockDataFolder(folder).release();
    } catch (error) {
      if (error instanceof CodedError) return error;
      throw error;
    }
    throw new Error("the folder was not locked");
  }

  test("names its owner and the owner's address to who comes second", () => {
    const lock = lockDataFolder(folder);
    assert.equal(refusal().code, "data-folder-locked");
    assert.equal(refusal().details["url"], undefined);
    lock.announce("http://127.0.0.1:8080");
    assert.equal(refusal().details["url"], "http://127.0.0.1:8080");
    assert.equal(refusal().details["pid"], process.pid);
    assert.equal(readOwner(folder)?.url, "http://127.0.0.1:8080");
    lock.release();
  });

  test("is free again after its release, which may be repeated", () => {
    const lock = lockDataFolder(folder);
    lock.release();
    lock.release();
    assert.equal(readOwner(folder), undefined);
    lockDataFolder(folder).release();
  });

  test("ends with its process, however that dies", async () => {
    const program = `
      const { lockDataFolder } = await import(${JSON.stringify(import.meta.resolve("./data-lock.ts"))});
      lockDataFolder(${JSON.stringify(folder)});
      process.stdout.write("held");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    await once(child.stdout, "data");
    assert.equal(refusal().details["pid"], child.pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    lockDataFolder(folder).release();
  });
});
