import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { jsonClient } from "@daybook/network/http/json-client";
import { readPartners, startSandbox } from "./partners.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "daybook-partners-"));
  folders.push(folder);
  return folder;
}

void describe("the sandbox beside the shop", () => {
  void test("answers, sends its hooks where it is told, and ends with whoever holds it", async () => {
    const sandbox = await startSandbox(join(await folderOf(), "sandbox"));
    const client = jsonClient({ url: sandbox.url });
    assert.equal((await client.request({ method: "GET", path: "/control/health" })).status, 200);
    await sandbox.sendHooksTo("http://127.0.0.1:9");
    const { body } = await client.request({ method: "GET", path: "/control/behaviour" });
    const { card, carrier } = body as Readonly<Record<"card" | "carrier", { hooks: { url: string } }>>;
    assert.deepEqual([card.hooks.url, carrier.hooks.url], ["http://127.0.0.1:9/hooks/card", "http://127.0.0.1:9/hooks/carrier"]);
    await sandbox.stop();
    await sandbox.stop();
    await assert.rejects(client.request({ method: "GET", path: "/control/health" }), { code: "partner-unavailable" });
    await client.close();
  });

  void test("that another process runs is joined, and left running", async () => {
    const folder = join(await folderOf(), "sandbox");
    const [first, second] = [await startSandbox(folder), await startSandbox(folder)];
    assert.deepEqual([second.url, second.webhookSecret], [first.url, first.webhookSecret]);
    await second.stop();
    const client = jsonClient({ url: first.url });
    assert.equal((await client.request({ method: "GET", path: "/control/health" })).status, 200);
    await client.close();
    await first.stop();
  });

  void test("that cannot start says why", async () => {
    const file = join(await folderOf(), "file");
    await writeFile(file, "");
    await assert.rejects(startSandbox(file), { code: "sandbox-failed", message: /did not start: .+/s });
  });
});

void describe("a file of partners", () => {
  const whole = {
    cardUrl: "http://127.0.0.1:1",
    carrierUrl: "https://carrier.example",
    smtpPort: 25,
    webhookSecret: "whsec_AAAAAAAAAAAAAAAAAAAA",
  };

  void test("is read", async () => {
    const file = join(await folderOf(), "partners.json");
    await writeFile(file, JSON.stringify(whole));
    assert.deepEqual(await readPartners(file), whole);
  });

  void test("that is missing, no JSON, not whole or has more is refused", async () => {
    const folder = await folderOf();
    const file = join(folder, "partners.json");
    for (const text of ["{", "{}", JSON.stringify({ ...whole, cardUrl: "file:///x" }), JSON.stringify({ ...whole, more: 1 })]) {
      await writeFile(file, text);
      await assert.rejects(readPartners(file), { code: "partners-invalid" });
    }
    await assert.rejects(readPartners(join(folder, "none.json")), { code: "partners-invalid" });
  });
});
