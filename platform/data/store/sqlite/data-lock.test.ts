import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CodedError } from "@daybook/kernel/errors";
import { lockDataFolder, readOwner } from "./data-lock.ts";

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
