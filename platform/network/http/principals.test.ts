import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@daybook/kernel/random";
import { newToken, tokenDigest, tokenPrincipals } from "./principals.ts";

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
