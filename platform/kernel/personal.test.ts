import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { errorCode } from "./errors.ts";
import { isSealed, personal, personalPath, type Sealed } from "./personal.ts";
import { normalised, reveal, seal, searchTokenizer, searchTokens, subjectOf, unseal, type SubjectKeys } from "./sealed.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const part = fc.stringMatching(/^[a-z0-9_/-]{1,40}$/);
const text = fc.string({ unit: "grapheme", maxLength: 200 });
const KEY = new Uint8Array(32).fill(7);

function isBroken(open: () => unknown): void {
  assert.throws(open, (error) => errorCode(error) === "seal-broken");
}

const blockOf = (sealed: Sealed) => sealed.slice(sealed.lastIndexOf(":") + 1);

describe("a sealed block", () => {
  test("opens under its key to the text that was sealed, and names its subject", () => {
    fc.assert(
      fc.property(key, part, part, text, (k, subject, record, plain) => {
        const sealed = seal(k, subject, record, plain);
        assert.ok(isSealed(sealed));
        assert.equal(subjectOf(sealed), subject);
        assert.equal(unseal(k, sealed), plain);
      }),
    );
  });

  test("is broken by any change of any character of it", () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(62), (plain, place, shift) => {
        const sealed = seal(KEY, "cus_1", "evt_1", plain);
        const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const start = sealed.lastIndexOf(":") + 1;
        const at = start + (place % (sealed.length - start));
        const other = alphabet.charAt((alphabet.indexOf(sealed.charAt(at)) + 1 + shift) % 64);
        const changed = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}` as Sealed; // a forgery of the form
        isBroken(() => unseal(KEY, changed));
      }),
    );
  });

  test("is broken when it is cut, lengthened or empty", () => {
    const sealed = seal(KEY, "cus_1", "evt_1", "secret");
    const stem = sealed.slice(0, sealed.lastIndexOf(":") + 1);
    for (let length = 1; length < blockOf(sealed).length; length++)
      isBroken(() => unseal(KEY, `${stem}${blockOf(sealed).slice(0, length)}` as Sealed)); // forged
    isBroken(() => unseal(KEY, `${sealed}A` as Sealed)); // forged
  });

  test("is broken under another key, for another subject and in another record", () => {
    const sealed = seal(KEY, "cus_1", "evt_1", "secret");
    isBroken(() => unseal(new Uint8Array(32).fill(8), sealed));
    isBroken(() => unseal(KEY, sealed.replace("cus_1", "cus_2") as Sealed)); // forged
    isBroken(() => unseal(KEY, sealed.replace("evt_1", "evt_2") as Sealed)); // forged
  });

  test("is the same for the same record and differs by record, also for the same text", () => {
    fc.assert(
      fc.property(part, part, text, (one, two, plain) => {
        const [a, b] = [seal(KEY, "cus_1", one, plain), seal(KEY, "cus_1", two, plain)];
        assert.equal(blockOf(a) === blockOf(b), one === two);
        assert.equal(seal(KEY, "cus_1", one, plain), a);
      }),
    );
  });

  test("shows nothing of its text", () => {
    const sealed = seal(KEY, "cus_1", "evt_1", "Ada Lovelace");
    assert.ok(!Buffer.from(blockOf(sealed), "base64url").toString("latin1").includes("Ada"));
  });

  test("is not made for a subject or record that it could not name", () => {
    for (const name of ["", "a:b", "x".repeat(256)]) {
      assert.throws(() => seal(KEY, name, "evt_1", "x"), /assertion failed/);
      assert.throws(() => seal(KEY, "cus_1", name, "x"), /assertion failed/);
    }
  });

  test("is told from other text", () => {
    for (const other of [
      "",
      "sealed",
      "sealed:1:a:b",
      "sealed:1:a:b:",
      "sealed:2:a:b:AAAA",
      "sealed:1::b:AAAA",
      " sealed:1:a:b:AAAA",
      1,
      null,
      {},
    ]) {
      assert.equal(isSealed(other), false);
    }
  });
});

describe("revealing", () => {
  const keys = (known: Readonly<Record<string, Uint8Array>>): SubjectKeys => ({
    get: async (subject) => known[subject],
    ensure: async () => new Map(),
    erase: async () => {},
  });

  test("gives what was sealed, and what is in the clear as it is", async () => {
    const sealed = seal(KEY, "cus_1", "evt_1", '{"name":"Ada"}');
    assert.deepEqual(await reveal(keys({ cus_1: KEY }), sealed), { name: "Ada" });
    assert.deepEqual(await reveal(keys({}), { name: "Ada" }), { name: "Ada" });
  });

  test("gives nothing once the subject is erased", async () => {
    const sealed = seal(KEY, "cus_1", "evt_1", '{"name":"Ada"}');
    assert.equal(await reveal(keys({ cus_2: KEY }), sealed), undefined);
  });
});

describe("a personal field", () => {
  const who = z.strictObject({ name: z.string() });

  test("is found in nested, optional and nullable objects", () => {
    assert.equal(personalPath(z.object({ id: z.string() })), undefined);
    assert.deepEqual(personalPath(z.object({ id: z.string(), who: personal(who) })), ["who"]);
    assert.deepEqual(personalPath(z.object({ a: z.object({ b: personal(who).optional() }).nullable() })), ["a", "b"]);
  });

  test("is accepted in the clear and sealed, and as nothing else", () => {
    const schema = personal(who);
    assert.ok(schema.safeParse({ name: "Ada" }).success);
    assert.ok(schema.safeParse(seal(KEY, "cus_1", "evt_1", "{}")).success);
    assert.ok(!schema.safeParse("Ada").success);
    assert.ok(!schema.safeParse({ name: 1 }).success);
  });

  test("is one a record", () => {
    assert.throws(() => personalPath(z.object({ a: personal(who), b: personal(who) })), /at most one/);
  });

  test("is refused where it would not be sealed", () => {
    const hidden = [
      z.array(personal(who)),
      z.union([z.string(), personal(who)]),
      z.record(z.string(), personal(who)),
      personal(who).default({ name: "" }),
      z.tuple([personal(who)]),
      personal(who).readonly(),
    ];
    for (const schema of hidden) assert.throws(() => personalPath(z.object({ list: schema })), /assertion failed/);
  });
});

describe("search tokens", () => {
  test("of a part of a text are among those of the whole, whatever its case and accents", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), fc.nat(), (whole, place) => {
        const normal = normalised(whole);
        fc.pre(normal.length >= 3);
        const start = place % (normal.length - 2);
        const tokens = new Set(searchTokens(KEY, whole));
        for (const token of searchTokens(KEY, normal.slice(start, start + 3))) assert.ok(tokens.has(token));
      }),
    );
    assert.deepEqual(searchTokens(KEY, "ÉMILE  Zola"), searchTokens(KEY, "emile zola"));
  });

  test("are the same when many texts are taken one after the other, and little is remembered", () => {
    const tokens = searchTokenizer(KEY, 5);
    for (const text of ["Ada Lovelace", "Ada King", "ab", "ADA  lovelace", "Charles Babbage"]) {
      assert.deepEqual(tokens(text), searchTokens(KEY, text));
    }
  });

  test("of two secrets have nothing in common", () => {
    const tokens = new Set(searchTokens(KEY, "Ada Lovelace"));
    assert.equal(tokens.size, 10);
    for (const token of searchTokens(new Uint8Array(32), "Ada Lovelace")) assert.ok(!tokens.has(token));
  });
});
