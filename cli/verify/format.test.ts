import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { answerCondition } from "@daybook/data/cqrs/idempotency";
import { masterKeyMark } from "@daybook/data/event-store/master-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { positionToken } from "@daybook/data/store/position";
import { factOf } from "./log/fact.ts";
import { verifyArchive } from "./archive/archive.ts";
import { sealsCheck } from "./log/seals.ts";
import { markOf } from "./store/subject-keys.ts";
import { openBlock, readSealedBlock, unwrapKey } from "./sealed-block.ts";
import { tokenSecret, tokensOf } from "./search-tokens.ts";

/** Examples of docs/format.md, each computed here by the verification's own code from what the text says. */
describe("docs/format.md", () => {
  const format = readFileSync(new URL("../../docs/format.md", import.meta.url), "utf8");
  const key = new Uint8Array(32).fill(1);
  const masterKey = new Uint8Array(32).fill(2);
  const meta = '{"actor":"usr_1","causation":"unt_1","correlation":"cor_1","tenant":"shop"}';
  const event = { id: "unt_1/0", stream: "sum-a", type: "Added", schemaVersion: 1, data: '{"n":1}', meta };
  const fact = factOf({ ...event, position: 1, version: 1, recordedAt: 1767225600000 }, undefined);

  /** The text in code marks that matches; it stands in the document once. */
  function example(pattern: RegExp): string {
    const found = [...format.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "").filter((text) => pattern.test(text));
    assert.equal(new Set(found).size, 1, `one example of ${String(pattern)}`);
    return found[0] ?? "";
  }

  before(() => assert.ok(format.includes(meta)));

  test("has the right digest", () => {
    assert.ok(format.includes(`\`${fact.digest}\``));
  });

  test("has the hash of a seal that the verification accepts", async () => {
    const digests = format.match(/`([0-9a-f]{64})`/g)?.map((text) => text.slice(1, -1)) ?? [];
    const seals = digests.filter((digest) => digest !== fact.digest && digest !== markOf(masterKey));
    assert.equal(seals.length, 1);
    const store = memoryStore();
    const value = `{"count":1,"from":1,"hash":"${seals[0]}","previous":"${"0".repeat(64)}","to":1}`;
    await store.commit({
      id: "unt_2",
      cause: { correlation: "sealer", actor: "sys_sealer", tenant: "system" },
      conditions: [],
      effects: [
        { kind: "putRow", collection: "seals", key: "0000000000000001", value },
        { kind: "putKey", key: "checkpoint/sealer", value: "1" },
      ],
    });
    const check = sealsCheck(store, await verifyArchive(store, undefined), 1);
    await check.fact?.(fact);
    await check.end?.();
    assert.deepEqual(
      check.findings.map((findings) => findings.result().violations),
      [[]],
    );
  });

  test("has a sealed block that opens", () => {
    const block = readSealedBlock(example(/^sealed:1:cus_1/));
    assert.equal(block?.record, "unt_1/0");
    assert.equal(openBlock(key, block), '{"firstName":"Ada"}');
    assert.equal(openBlock(masterKey, block), undefined);
  });

  test("has a wrapped key that unwraps, and the token of a name", () => {
    assert.deepEqual(unwrapKey(masterKey, "cus_1", example(/^1:AwMD/)), Buffer.from(key));
    assert.ok(format.includes(`\`${markOf(masterKey)}\``));
    assert.equal(masterKeyMark(masterKey), markOf(masterKey));
    assert.equal(unwrapKey(masterKey, "cus_2", example(/^1:AwMD/)), undefined);
    assert.deepEqual(tokensOf(tokenSecret(masterKey), "Ada"), [example(/^[0-9a-f]{16}$/)]);
  });

  test("has the token of a position and the key of an answer", () => {
    assert.equal(example(/^p\d+-/), positionToken(1, 1000));
    const stored = example(/^answer\/[0-9a-f]{64}$/);
    assert.equal(stored, `answer/${hash("sha256", '["usr_1","place-order","key-1"]', "hex")}`);
    const request = { principal: "usr_1", operation: "place-order", key: "key-1", content: "" };
    assert.deepEqual(answerCondition(request), { kind: "keyAbsent", key: stored });
  });
});
