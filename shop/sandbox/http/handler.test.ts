import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { CHARGE, PARCEL, trial, type Trial } from "../trial/trial.ts";

interface Bad {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answerTo(
  world: Trial,
  { body = JSON.stringify(CHARGE), method = "POST", path = "/card/v1/charges", headers }: Bad,
) {
  const all = { "content-type": "application/json", "idempotency-key": "k", ...headers };
  const response = await fetch(`${world.sandbox.url}${path}`, { method, headers: all, ...(method !== "GET" && { body }) });
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.ok(error.message.length > 5, "the answer says what is wrong");
  return `${response.status} ${error.code}`;
}

const charge = (change: object) => ({ body: JSON.stringify({ ...CHARGE, ...change }) });
const parcel = (change: object) => ({ path: "/carrier/v1/parcels", body: JSON.stringify({ ...PARCEL, ...change }) });

const BAD: readonly (readonly [name: string, request: Bad, answer: string])[] = [
  ["no JSON", { body: "{" }, "400 not-json"],
  ["no UTF-8", { body: new Uint8Array([0x22, 0xff, 0x22]) }, "400 not-json"],
  ["another content type", { headers: { "content-type": "text/plain" } }, "415 content-type"],
  ["a huge body", { body: `"${"x".repeat(70_000)}"` }, "413 too-large"],
  ["no body", { body: "" }, "400 invalid"],
  ["a list", { body: "[]" }, "400 invalid"],
  ["a deep body", { body: "[".repeat(30_000) }, "400 not-json"],
  ["no key", { headers: { "idempotency-key": "" } }, "400 key-missing"],
  ["a key with a space", { headers: { "idempotency-key": "a b" } }, "400 key-missing"],
  ["a key that is too long", { headers: { "idempotency-key": "k".repeat(256) } }, "400 key-missing"],
  ["a missing field", charge({ currency: undefined }), "400 invalid"],
  ["an unknown field", charge({ colour: "red" }), "400 invalid"],
  ["a prototype", { body: JSON.stringify(CHARGE).replace("{", '{"__proto__":{},') }, "400 invalid"],
  ["nothing to charge", charge({ amountMinor: 0 }), "400 invalid"],
  ["a negative amount", charge({ amountMinor: -1 }), "400 invalid"],
  ["half a cent", charge({ amountMinor: 0.5 }), "400 invalid"],
  ["an amount past all reason", charge({ amountMinor: 1e300 }), "400 invalid"],
  ["an amount as text", charge({ amountMinor: "1" }), "400 invalid"],
  ["no currency", charge({ currency: "euro" }), "400 invalid"],
  ["no token", charge({ token: "4111111111111111" }), "400 invalid"],
  ["an empty reference", charge({ reference: "" }), "400 invalid"],
  ["a parcel to nobody", parcel({ recipient: {} }), "400 invalid"],
  ["a parcel by pigeon", parcel({ service: "pigeon" }), "400 invalid"],
  ["a parcel too heavy", parcel({ weightGrams: 1e9 }), "400 invalid"],
  ["a cancellation of nothing", { path: "/card/v1/cancellations", body: "{}" }, "400 invalid"],
  ["another path", { path: "/card/v2/charges" }, "404 not-found"],
  ["another method", { method: "DELETE" }, "405 method-not-allowed"],
  ["an id of another kind", { method: "GET", path: "/card/v1/charges/pc_1" }, "404 not-found"],
  ["a page from nowhere", { method: "GET", path: "/card/v1/charges?after=-1" }, "400 invalid"],
  ["a page too long", { method: "GET", path: "/control/journal?limit=99999999" }, "400 invalid"],
  ["a journal of nobody", { method: "GET", path: "/control/journal?partner=bank" }, "400 invalid"],
  ["an unknown behaviour", { method: "PUT", path: "/control/behaviour", body: '{"card":{"mood":"bad"}}' }, "400 invalid"],
  ["a rate past one", { method: "PATCH", path: "/control/behaviour", body: '{"mail":{"loseRate":2}}' }, "400 invalid"],
  ["no behaviour", { method: "PATCH", path: "/control/behaviour", body: "[]" }, "400 invalid"],
  [
    "hooks to a file",
    { method: "PATCH", path: "/control/behaviour", body: '{"card":{"hooks":{"url":"file:///x"}}}' },
    "400 invalid",
  ],
];

describe("bad input is refused, in clear words, without effect", () => {
  for (const [name, request, answer] of BAD) {
    test(name, async () => {
      await using world = await trial();
      const before = (await world.get("/control/behaviour")).text;
      assert.equal(await answerTo(world, request), answer);
      const { entries } = (await world.get("/control/journal")).body;
      assert.ok(entries.every(({ effect, outcome }) => !effect && outcome === "refused"));
      assert.equal((await world.get("/control/behaviour")).text, before);
    });
  }

  test("what is no HTTP at all", async () => {
    await using world = await trial();
    for (const [text, status] of [
      ["HELLO\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket = connect(Number(new URL(world.sandbox.url).port), "127.0.0.1");
      socket.write(text);
      let reply = "";
      for await (const chunk of socket) reply += String(chunk);
      assert.match(reply, new RegExp(`^HTTP/1.1 ${status} [^]*"code":"not-http"`));
    }
  });
});
