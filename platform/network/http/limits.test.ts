import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { KEEPER_TOKEN, sampleServer, sendRaw } from "./sample-server.ts";

const LIVE = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Sends a request and reads the answer's first bytes; the connection stays open. */
async function answered(socket: Socket): Promise<string> {
  socket.write(LIVE);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

describe("limits of connections", () => {
  test("a connection more than there may be is closed unanswered; when one ends, the next is served", async () => {
    const server = sampleServer({ connectionsMax: 1 });
    const url = await server.listen(0);
    const first = await connected(url);
    assert.match(await answered(first), /^HTTP\/1\.1 200/);
    assert.equal((await sendRaw(url, LIVE)).status, 0);
    assert.match(await answered(first), /^HTTP\/1\.1 200/, "the one that is open goes on");
    first.destroy();
    while ((await sendRaw(url, LIVE)).status !== 200) await new Promise((turn) => setImmediate(turn));
    await server.close();
  });

  test("a connection that stays idle is closed", async () => {
    const server = sampleServer({ keepAliveMs: 20 });
    const socket = await connected(await server.listen(0));
    assert.match(await answered(socket), /keep-alive/i);
    await once(socket.resume(), "close");
    await server.close();
  });

  test("a body that comes too slowly is 408, though its headers came in time", async () => {
    const server = sampleServer({ headersTimeoutMs: 40, requestTimeoutMs: 60 });
    const head = ["POST /notes HTTP/1.1", "Host: a", `Authorization: Bearer ${KEEPER_TOKEN}`, "Content-Type: application/json"];
    const answer = await sendRaw(await server.listen(0), [...head, "Content-Length: 12", "", '{"te'].join("\r\n"));
    assert.equal(answer.status, 408);
    assert.equal(JSON.parse(answer.body).code, "request-timeout");
    await server.close();
  });
});
