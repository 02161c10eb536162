import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@daybook/kernel/random";
import { newToken, principalsOf, tokenDigest, tokenPrincipals, type Principals } from "./principals.ts";

test("each token finds its own principal, and nothing else does", async () => {
  const random = seededRandom(1);
  const tokens = Array.from({ length: 50 }, () => newToken(random));
  const issued = tokens.map((token, index) => ({
    digest: tokenDigest(token),
    principal: { id: `usr_${index}`, roles: [], tenant: "default" },
  }));
  const principals = tokenPrincipals(issued);
  for (const [index, token] of tokens.entries()) {
    assert.equal((await principals.authenticate(token))?.id, `usr_${index}`);
    assert.equal(await principals.authenticate(`${token}x`), undefined);
    assert.equal(await principals.authenticate(tokenDigest(token)), undefined, "the digest is not the token");
  }
});

test("a token has 256 bits and travels as a bearer token", () => {
  assert.match(newToken(seededRandom(2)), /^dbk_[A-Za-z0-9_-]{43}$/);
});

test("several sources are asked in turn, whether they know at once or later", async () => {
  const principal = (id: string) => ({ id, roles: [], tenant: "default" });
  const now = (token: string): Principals => ({ authenticate: (asked) => (asked === token ? principal("now") : undefined) });
  const later: Principals = { authenticate: async (asked) => (asked === "b" || asked === "c" ? principal("later") : undefined) };
  const all = principalsOf(now("a"), later, now("c"), now("d"));
  const found = await Promise.all(["a", "b", "c", "d", "e"].map(async (token) => (await all.authenticate(token))?.id));
  assert.deepEqual(found, ["now", "later", "later", "now", undefined]);
  assert.equal((all.authenticate("a") as { readonly id: string }).id, "now", "without a promise where none is needed");
});
