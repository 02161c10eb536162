import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { jsonLog } from "@daybook/foundation/log";
import { shopServer } from "@daybook/shop/app";
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

  test("are changed on the version that was seen: profile, preferences, roles", async () => {
    const { id } = JSON.parse((await registered("cyd")).out);
    const addresses = join(scratch, "addresses.json");
    writeFileSync(addresses, JSON.stringify([{ street: "1 Mill Lane", city: "Leeds", country: "GB" }]));
    const change = ["--last-name", "Byron", "--addresses", addresses];
    assert.equal(codeOf(await asked("update", id, ...change)), "usage-invalid", "without a version");
    assert.equal(codeOf(await asked("update", id, "--if-version", "1")), "usage-invalid", "without a change");
    assert.equal((await answered("update", id, ...change, "--if-version", "1"))["version"], 2);
    assert.equal((await asked("update", id, ...change, "--if-version", "1")).code, 4);
    await answered("preferences", id, "--unwanted", "welcome", "--unwanted", "order-shipped", "--if-version", "2");
    await answered("roles", id, "--role", "viewer", "--if-version", "3");
    const unknown = await asked("roles", id, "--role", "king", "--if-version", "4");
    assert.deepEqual([unknown.code, codeOf(unknown)], [2, "request-invalid"]);
    const { version, lastName, addresses: kept, preferences, roles } = await answered("get", id);
    assert.deepEqual([version, lastName, roles], [4, "Byron", ["viewer"]]);
    assert.deepEqual(kept, [{ street: "1 Mill Lane", city: "Leeds", country: "GB" }]);
    assert.deepEqual((preferences as Record<string, boolean>)["order-shipped"], false);
    assert.deepEqual((preferences as Record<string, boolean>)["order-confirmed"], true);
    writeFileSync(addresses, "no JSON");
    assert.equal(codeOf(await asked("update", id, "--addresses", addresses, "--if-version", "4")), "usage-invalid");
  });

  test("change their own password; who looks after the shop cannot", async () => {
    const { id } = JSON.parse((await registered("dot")).out);
    const next = join(scratch, "next");
    writeFileSync(next, "battery staple\n");
    const files = ["--current-file", password, "--password-file", next];
    const refused = await asked("password", id, ...files);
    assert.deepEqual([refused.code, codeOf(refused)], [6, "forbidden"]);
    const both = await asked("password", "--current-file", "-", "--password-file", "-");
    assert.equal(codeOf(both), "usage-invalid");

    const shop = await openShop({ data });
    const server = shopServer(shop, jsonLog({ clock: shop.clock, level: "silent" }));
    const url = await server.listen(0, "127.0.0.1");
    const logIn = async (secret: string) => {
      const input = { name: "dot", password: secret, address: "here" };
      const answer = await shop.customers.identity.logIn(input, { correlationId: "c", actor: "a", tenant: "default" });
      return "value" in answer ? answer.value.token : "";
    };
    const token = join(scratch, "token");
    writeFileSync(token, await logIn("correct horse"));
    const own = ["customer", "password", ...files, "--url", url, "--token-file", token, "--json"];
    const changed = await call(own);
    assert.equal(changed.code, 0, changed.err);
    assert.equal(await logIn("correct horse"), "");
    assert.notEqual(await logIn("battery staple"), "");
    await server.close(0);
    await shop.close();
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
