import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { jsonAnswer, route } from "./route.ts";
import { sampleServer } from "./sample-server.ts";
import { readWebhook, webhookSignature } from "./webhooks.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_AAAQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SENT_AT_S = 1_614_265_330;
const NOW = SENT_AT_S * 1_000;
const TEXT = '{"test": 2432232314}';
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";

function hook(changes: Readonly<Record<string, string>> = {}, text = TEXT) {
  const signature = webhookSignature(SECRET, ID, SENT_AT_S, TEXT);
  const headers = { "webhook-id": ID, "webhook-timestamp": String(SENT_AT_S), "webhook-signature": signature, ...changes };
  return { headers, body: Buffer.from(text) };
}

const untrusted = { code: "webhook-untrusted" };

void describe("a web hook", () => {
  void test("is read when it is signed as in the reference of Standard Webhooks", () => {
    const { "webhook-signature": signature } = hook().headers;
    assert.equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert.deepEqual(readWebhook(hook(), [SECRET], NOW), { id: ID, body: { test: 2_432_232_314 } });
  });

  void test("is read while the secret is exchanged, on either side", () => {
    assert.equal(readWebhook(hook(), [OTHER, SECRET], NOW).id, ID);
    const both = [OTHER, SECRET].map((secret) => webhookSignature(secret, ID, SENT_AT_S, TEXT)).join(" ");
    assert.equal(readWebhook(hook({ "webhook-signature": both }), [SECRET], NOW).id, ID);
  });

  void test("is not trusted when anything of it was changed, when it is unsigned, or signed with another secret", () => {
    const forged = [
      hook({ "webhook-id": "msg_other" }),
      hook({ "webhook-timestamp": String(SENT_AT_S + 1) }),
      hook({ "webhook-signature": "v1,AAAA" }),
      hook({ "webhook-signature": "" }),
      hook({}, `${TEXT} `),
      hook({ "webhook-id": "../../etc" }),
      hook({ "webhook-timestamp": "soon" }),
      { headers: {}, body: Buffer.from(TEXT) },
    ];
    for (const each of forged) assert.throws(() => readWebhook(each, [SECRET], NOW), untrusted);
    assert.throws(() => readWebhook(hook(), [OTHER], NOW), untrusted);
    assert.throws(() => readWebhook(hook(), [], NOW), untrusted);
  });

  void test("is not trusted more than five minutes before or after it was sent", () => {
    for (const ms of [-300_000, 300_000]) assert.equal(readWebhook(hook(), [SECRET], NOW + ms).id, ID);
    for (const ms of [-300_001, 300_001]) assert.throws(() => readWebhook(hook(), [SECRET], NOW + ms), untrusted);
  });
});

void test("a route with a raw body gets the bytes as they came, and no others", async () => {
  const clock = virtualClock(NOW);
  const hooks = route({
    method: "POST",
    path: "/hooks",
    name: "takeHook",
    summary: "Take a web hook",
    auth: "public",
    rawBody: true,
    success: { status: 200 },
    handle: ({ received, body }) => {
      assert.ok(received);
      return jsonAnswer(200, { hook: readWebhook(received, [SECRET], clock.now()), hasBody: body !== undefined });
    },
  });
  const server = sampleServer({ clock }, [hooks]);
  const { headers } = hook();
  const post = (body: string, type = "application/json") =>
    server.inject({ method: "POST", url: "/hooks", headers: { host: "shop", "content-type": type, ...headers }, body });
  const taken = await post(TEXT);
  assert.deepEqual(JSON.parse(taken.body), { hook: { id: ID, body: { test: 2_432_232_314 } }, hasBody: false });
  assert.equal((await post(TEXT.replace(" ", ""))).status, 401);
  assert.equal((await post(TEXT, "text/plain")).status, 415);
  await server.close();
});
