import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openShop } from "@daybook/shop/shop";
import { call, codeOf, type Called } from "./call.ts";

void describe("customers on the command line", () => {
  const scratch = mkdtempSync(join(tmpdir(), "daybook-customers-"));
  const data = join(scratch, "data");
  const password = join(scratch, "password");
  after(() => rmSync(scratch, { recursive: true, force: true }));

  const asked = (...words: readonly string[]): Promise<Called> => call(["customer", ...words, "--data", data, "--json"]);

  async function answered(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const called = await asked(...words);
    assert.equal(called.code, 0, called.err);
    return JSON.parse(called.out);
  }

  function registered(userName: string): Promise<Called> {
    const names = ["--user-name", userName, "--first-name", "Ada", "--last-name", "King", "--email", `${userName}@example.org`];
    return asked("register", ...names, "--password-file", password, "--wait");
  }

  before(async () => {
    await (await openShop({ data })).close();
    writeFileSync(password, "correct horse\nnot this line\n");
  });

  test("are registered, listed, found and shown; a name that is taken is a conflict", async () => {
    const { id } = JSON.parse((await registered("ada")).out);
    assert.match(id, /^cus_/);
    const again = await registered("ADA");
    assert.deepEqual([again.code, codeOf(again)], [4, "user-name-taken"]);
    const ids = (answer: Readonly<Record<string, unknown>>) => (answer["customers"] as { id: string }[]).map((each) => each.id);
    assert.deepEqual([ids(await answered("ls")), ids(await answered("search", "ada kin"))], [[id], [id]]);
    assert.equal((await answered("get", id))["userName"], "ada");
    const missing = await asked("get", "cus_missing");
    assert.equal(missing.code, 3);
  });

  test("are deactivated and activated, on the version that was seen", async () => {
    const { id } = JSON.parse((await registered("ben")).out);
    assert.equal((await answered("deactivate", id, "--if-version", "1"))["status"], "inactive");
    assert.equal((await asked("activate", id, "--if-version", "1")).code, 4);
    assert.equal((await answered("activate", id))["status"], "active");
  });

  test("are deleted when somebody says yes", async () => {
    const { id } = JSON.parse((await registered("eve")).out);
    assert.equal(codeOf(await asked("delete", id)), "confirmation-missing");
    assert.equal((await answered("delete", id, "--yes"))["status"], "deleted");
    assert.equal((await answered("get", id))["userName"], undefined);
    assert.equal((await registered("eve")).code, 0, "the name is free");
  });

  test("register says what is missing", async () => {
    const called = await asked("register", "--user-name", "x");
    assert.deepEqual([called.code, codeOf(called)], [2, "usage-invalid"]);
  });

  test("leave a shop that verifies", async () => {
    const { code, out } = await call(["verify", "--data", data, "--json"]);
    assert.equal(code, 0, out);
  });
});
