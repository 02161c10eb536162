import assert from "node:assert/strict";
import { argon2Sync } from "node:crypto";
import { describe, test } from "node:test";
import { CHEAP } from "../conformance/trial.ts";
import { PASSWORD_COST, passwordDigests } from "./password-digests.ts";

const secret = new Uint8Array(32).fill(1);
const digests = passwordDigests({ secret, cost: CHEAP });

void describe("digests of passwords", () => {
  void test("the password is right, and no other", async () => {
    const digest = await digests.digest("correct horse");
    assert.equal(await digests.verify("correct horse", digest), "right");
    for (const wrong of ["Correct horse", "correct horse ", "", digest ?? ""])
      assert.equal(await digests.verify(wrong, digest), "wrong", wrong);
  });

  void test("are argon2id's under our secret, with their parameters", async () => {
    const digest = await passwordDigests({ secret, cost: CHEAP, random: (bytes) => new Uint8Array(bytes).fill(7) }).digest("a b");
    const nonce = Buffer.alloc(16, 7);
    const cost = { memory: 8, passes: 1, parallelism: 1 };
    const tag = argon2Sync("argon2id", { message: Buffer.from("a b"), nonce, tagLength: 32, secret, ...cost });
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
    assert.equal(digest, `$argon2id$v=19$m=8,t=1,p=1$${text(nonce)}$${text(tag)}`);
  });

  void test("differ for one password, and mean nothing under another secret", async () => {
    const [one, two] = [await digests.digest("same"), await digests.digest("same")];
    assert.notEqual(one, two);
    const other = passwordDigests({ secret: new Uint8Array(32), cost: CHEAP });
    assert.equal(await other.verify("same", one), "wrong");
  });

  void test("an é is an é, however it is typed", async () => {
    assert.equal(await digests.verify("caf\u00e9 noir", await digests.digest("cafe\u0301 noir")), "right");
  });

  void test("without a digest, or with one that is none, every password is wrong", async () => {
    for (const digest of [undefined, "", "$argon2id$v=19$m=8,t=1,p=1$$", "plain"])
      assert.equal(await digests.verify("", digest), "wrong");
  });

  void test("made at another cost they are still right, and said to be outdated", async () => {
    const dearer = passwordDigests({ secret, cost: { ...CHEAP, passes: 2 } });
    assert.equal(await dearer.verify("x", await digests.digest("x")), "isOutdated");
    assert.ok(PASSWORD_COST.memory >= 19_456 && PASSWORD_COST.passes >= 2);
  });

  void test("are made a few at a time; when too many wait the next is told to come again", async () => {
    const few = passwordDigests({ secret, cost: CHEAP, concurrency: 1, waitingMax: 2 });
    const made = [few.digest("a"), few.digest("b"), few.verify("c", undefined)];
    await assert.rejects(few.digest("d"), { code: "log-in-busy", retryable: true });
    assert.equal((await Promise.all(made)).length, 3);
    assert.ok(await few.digest("e"), "there is room again");
  });

  void test("what is not wanted when its turn comes is not made", async () => {
    let asked = 0;
    const isWanted = async () => ++asked < 2;
    const made = await Promise.all([digests.digest("a", isWanted), digests.digest("b", isWanted)]);
    assert.deepEqual(
      made.map((digest) => digest !== undefined),
      [true, false],
    );
  });
});
