import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { readWebhook } from "@daybook/network/http/webhooks";
import { webHookChannel } from "./web-hook-channel.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const notification = { id: "unt_1.0.web-hook", kind: "order-shipped", about: { orderId: "ord_1" }, at: 0 } as const;

/** Answers with the next of `statuses`, and without a body. */
async function listener(statuses: readonly number[]) {
  const clock = virtualClock();
  const heard: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received = { headers: request.headers, body: Buffer.concat(chunks) };
      const status = statuses[heard.length] ?? 204;
      heard.push({ path: request.url, ...readWebhook(received, [SECRET], clock.now()) });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/tell?shop=1`;
  const channel = webHookChannel({ name: "web-hook", kinds: [], url, secret: SECRET, timeoutMs: 1_000 }, clock);
  async function end(): Promise<void> {
    await channel.close();
    await new Promise((closed) => server.close(closed));
  }
  return { channel, heard, end };
}

test("a web hook is signed, has the notification's id, and names people by id only", async () => {
  const { channel, heard, end } = await listener([204]);
  await channel.send(notification, new AbortController().signal);
  const body = { type: "order-shipped", timestamp: "1970-01-01T00:00:00.000Z", data: { orderId: "ord_1" } };
  assert.deepEqual(heard, [{ path: "/tell?shop=1", id: notification.id, body }]);
  await end();
});

test("answers say whether it is worth trying again", async () => {
  const statuses = [500, 429, 410, 301];
  const { channel, end } = await listener(statuses);
  const codes: string[] = [];
  while (codes.length < statuses.length) {
    await channel.send(notification, new AbortController().signal).catch(({ code }: { code: string }) => codes.push(code));
  }
  const [later, never] = ["channel-unavailable", "notification-refused"];
  assert.deepEqual(codes, [later, later, never, never]);
  await end();
  await assert.rejects(channel.send(notification, new AbortController().signal), { code: later });
});
