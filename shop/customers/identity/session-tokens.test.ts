import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { sessionTokens, type SessionTokens } from "./session-tokens.ts";

const HOUR = 60 * 60 * 1_000;

function trial(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "daybook-sessions-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const clock = virtualClock();
  const file = (name: string) => join(folder, `session${name}.key`);
  const files = { current: file(""), previous: file(".previous"), next: file(".next") };
  const open = (more: { readonly isReadOnly?: boolean } = {}) =>
    sessionTokens({ files, clock, ids: idSource(clock, seededRandom(3)), ...more });
  return { clock, folder, files, open, tokens: open() };
}

/** Our own key, as the file has it. */
function keyOf(file: string): KeyObject {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), readFileSync(file).subarray(8)]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

async function subjectOf(tokens: SessionTokens, token: string): Promise<string | undefined> {
  return (await tokens.claimsOf(token))?.subject;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function parsed(text = ""): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, "base64url").toString()) as Record<string, unknown>;
}

function signed(header: object, payload: object, key: KeyObject): string {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
}

void describe("sessions", () => {
  void test("a token says whose it is until it ends, in this process and in another", async (t) => {
    const { clock, tokens, open } = trial(t);
    const { token, expiresAt } = await tokens.issue("cus_1", 0);
    assert.equal(await subjectOf(tokens, token), "cus_1");
    assert.equal(await subjectOf(open(), token), "cus_1");
    clock.advance(expiresAt - clock.now() - 1);
    assert.equal(await subjectOf(tokens, token), "cus_1");
    clock.advance(1);
    assert.equal(await subjectOf(tokens, token), undefined, "also when it was verified before");
    assert.equal(await subjectOf(open(), token), undefined);
  });

  void test("nothing personal is in it, and it is a JWT for accesses", async (t) => {
    const { tokens } = trial(t);
    const [header, payload] = (await tokens.issue("cus_1", 0)).token.split(".");
    assert.deepEqual({ ...parsed(header), kid: "" }, { alg: "Ed25519", typ: "at+jwt", kid: "" });
    assert.deepEqual(Object.keys(parsed(payload)).toSorted(), ["aud", "exp", "iat", "iss", "jti", "pwd", "sub"]);
  });

  void test("it says for which password it was given; one from before there was more than one says the first", async (t) => {
    const { tokens, files } = trial(t);
    const { token } = await tokens.issue("cus_1", 3);
    assert.equal((await tokens.claimsOf(token))?.passwordChanges, 3);
    const [header, payload] = token.split(".").slice(0, 2).map(parsed);
    const older = signed(header ?? {}, { ...payload, pwd: undefined }, keyOf(files.current));
    assert.equal((await tokens.claimsOf(older))?.passwordChanges, 0);
  });

  void test("what is not exactly as we issue it is nobody's", async (t) => {
    const { tokens, files, open } = trial(t);
    const { token } = await tokens.issue("cus_1", 0);
    const [headerPart = "", payloadPart = "", signature = ""] = token.split(".");
    const [header, payload] = [parsed(headerPart), parsed(payloadPart)];
    const key = keyOf(files.current);
    const stranger = generateKeyPairSync("ed25519");
    const jwk = stranger.publicKey.export({ format: "jwk" });
    assert.equal(await subjectOf(tokens, signed(header, { ...payload, sub: "cus_2" }, key)), "cus_2", "the trial can sign");
    const forged = {
      "another payload": `${headerPart}.${part({ ...payload, sub: "cus_2" })}.${signature}`,
      "no signature": `${part({ ...header, alg: "none" })}.${payloadPart}.`,
      "another algorithm": signed({ ...header, alg: "HS256" }, payload, key),
      "another key": signed(header, payload, stranger.privateKey),
      "an embedded key": signed({ ...header, jwk }, payload, stranger.privateKey),
      "an embedded key without id": signed({ alg: header["alg"], typ: header["typ"], jwk }, payload, stranger.privateKey),
      "an unknown key": signed({ ...header, kid: "0".repeat(16) }, payload, key),
      "another type": signed({ ...header, typ: "JWT" }, payload, key),
      "another issuer": signed(header, { ...payload, iss: "somebody" }, key),
      "another audience": signed(header, { ...payload, aud: "elsewhere" }, key),
      "no end": signed(header, { ...payload, exp: undefined }, key),
      nobody: signed(header, { ...payload, sub: undefined }, key),
      "from the future": signed(header, { ...payload, nbf: Number(payload["iat"]) + 60 }, key),
      "no token": "dbk_0123456789",
      nothing: "",
      dots: "..",
    };
    for (const [what, text] of Object.entries(forged)) {
      assert.equal(await subjectOf(tokens, text), undefined, what);
      assert.equal(await subjectOf(open(), text), undefined, what);
    }
  });

  void test("keys are exchanged without a session's end; the old one's are good until they end, then it is nothing", async (t) => {
    const { clock, tokens, open, files, folder } = trial(t);
    const other = open();
    const before = await tokens.issue("cus_1", 0);
    assert.equal(await subjectOf(other, before.token), "cus_1");
    const old = keyOf(files.current);
    clock.advance(60_000);
    await tokens.rotate();
    const after = await tokens.issue("cus_2", 0);
    assert.notEqual(parsed(before.token.split(".")[0])["kid"], parsed(after.token.split(".")[0])["kid"]);
    for (const each of [tokens, open()])
      assert.deepEqual([await subjectOf(each, before.token), await subjectOf(each, after.token)], ["cus_1", "cus_2"]);
    assert.equal(await subjectOf(other, after.token), "cus_2", "another process reads the files again");
    assert.deepEqual(readdirSync(folder).toSorted(), ["session.key", "session.previous.key"]);
    clock.advance(HOUR + 60_000);
    const late = signed(parsed(before.token.split(".")[0]), { ...parsed(after.token.split(".")[1]), exp: 1e11 }, old);
    for (const each of [tokens, other, open()]) assert.equal(await subjectOf(each, late), undefined);
  });

  void test("an exchange that was interrupted is done again", async (t) => {
    const { tokens, open, files } = trial(t);
    const { token } = await tokens.issue("cus_1", 0);

    writeFileSync(files.next, Buffer.alloc(40), { mode: 0o600 });
    assert.equal(await subjectOf(open(), token), "cus_1");
    await open().rotate();
    assert.equal(await subjectOf(open(), token), "cus_1");
    assert.ok(
      readFileSync(files.current)
        .subarray(8)
        .some((byte) => byte !== 0),
      "not the key that was left behind",
    );
  });

  void test("unknown keys make the files be read now and then only", async (t) => {
    const { clock, tokens, files } = trial(t);
    const { token } = await tokens.issue("cus_1", 0);
    const [, payload] = token.split(".");
    const stranger = generateKeyPairSync("ed25519").privateKey;
    const unknown = (n: number) =>
      signed({ alg: "Ed25519", typ: "at+jwt", kid: String(n).padStart(16, "0") }, parsed(payload), stranger);
    rmSync(files.current);
    for (let n = 0; n < 20; n++) assert.equal(await subjectOf(tokens, unknown(n)), undefined);
    assert.throws(() => statSync(files.current), { code: "ENOENT" }, "not read again: it would have been made anew");
    clock.advance(10_000);
    assert.equal(await subjectOf(tokens, unknown(20)), undefined);
    assert.ok(statSync(files.current).isFile());
  });

  void test("the key is ours alone; who only reads makes none", async (t) => {
    const { tokens, open, files } = trial(t);
    await assert.rejects(open({ isReadOnly: true }).issue("cus_1", 0), { code: "key-file-invalid" });
    assert.equal(await subjectOf(open({ isReadOnly: true }), "dbk_x"), undefined, "what is no session needs no key");
    await tokens.issue("cus_1", 0);
    assert.equal(statSync(files.current).mode & 0o777, 0o600);
  });
});
