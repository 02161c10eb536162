import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { eventStream, type ServerSentEvent } from "./event-stream.ts";
import type { HttpRequest, Route } from "./route.ts";
import { KEEPER_TOKEN, READER_TOKEN, sampleServer } from "./sample-server.ts";
import type { HttpServerOptions } from "./server.ts";

type Events = (request: HttpRequest) => AsyncIterable<ServerSentEvent>;

/** A server with one stream, over real sockets; its clock is moved by hand. */
async function trial(events: Events, options: Partial<HttpServerOptions> = {}) {
  const clock = virtualClock();
  const news: Route = {
    method: "GET",
    path: "/news",
    name: "news",
    summary: "News",
    auth: { roles: ["keeper", "reader"] },
    isEventStream: true,
    success: { status: 200 },
    handle: (request) => eventStream(events(request)),
  };
  const server = sampleServer({ clock, ...options }, [news]);
  const port = Number(new URL(await server.listen(0)).port);
  const open = (headers = "", token = READER_TOKEN) => {
    const socket = connect(port, "127.0.0.1");
    socket.write(`GET /news HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n`);
    return new Reader(socket);
  };
  return { clock, server, open };
}

class Reader {
  text = "";
  isClosed = false;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => (this.text += chunk.toString("utf8")));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.isClosed = true));
  }

  async until(text: string): Promise<void> {
    await eventually(() => this.text.includes(text));
  }
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    assert.ok(turn < 1_000_000, "it comes to that");
    await setImmediate();
  }
}

/** Ends with the signal, as a stream should. */
function aborted({ signal }: HttpRequest): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : once(signal, "abort");
}

const event = (n: number): ServerSentEvent => ({ id: `p1-${n}`, event: "News", data: { n, text: "a\nb" } });

void describe("a stream of events", () => {
  void test("is sent event by event, with its head, and ends with them and the connection", async () => {
    const { server, open } = await trial(async function* () {
      yield event(1);
      yield event(2);
    });
    const reader = open();
    await eventually(() => reader.isClosed);
    const [head = "", body = ""] = reader.text.split("\r\n\r\n", 2);
    assert.match(head, /^HTTP\/1\.1 200 /);
    for (const line of [/content-type: text\/event-stream; charset=utf-8/, /connection: close/, /cache-control: no-store/, /transfer-encoding: chunked/i]) assert.match(head, line); // prettier-ignore
    assert.match(body, /id: p1-1\nevent: News\ndata: \{"n":1,"text":"a\\nb"\}\n\n/);
    assert.match(reader.text, /id: p1-2\n/);
    assert.ok(reader.text.endsWith("0\r\n\r\n"), "it is whole");
    await server.close();
  });

  void test("goes on behind Last-Event-ID, and outlives the deadline of an answer", async () => {
    const { server, open, clock } = await trial(async function* (request) {
      yield { id: "1", event: "After", data: request.lastEventId ?? null };
      await aborted(request);
    });
    const reader = open("Last-Event-ID: p1-7\r\n");
    await reader.until('data: "p1-7"');
    clock.advance(60_000);
    await reader.until(":\n\n");
    assert.ok(!reader.isClosed);
    const without = open("Last-Event-ID:\r\n");
    await without.until("data: null");
    await server.close();
  });

  void test("tells whoever makes it that the reader has left", async () => {
    let isLeft = false;
    const { server, open } = await trial(async function* (request) {
      yield event(1);
      await aborted(request);
      isLeft = true;
    });
    const reader = open();
    await reader.until("p1-1");
    reader.socket.destroy();
    await eventually(() => isLeft);
    await server.close();
  });

  void test("waits for a slow reader instead of filling memory, and is cut when he takes nothing for two heartbeats", async () => {
    let made = 0;
    const large = "x".repeat(64 * 1024);
    const { server, open, clock } = await trial(async function* () {
      for (;;) yield { id: String(++made), event: "Large", data: large };
    });
    const reader = open();
    reader.socket.pause();
    let before = -1;
    await eventually(() => {
      const isStill = made > 0 && made === before;
      before = made;
      return isStill;
    });
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    const stalledAt = made;
    assert.ok(stalledAt < 1_000, `${made} parts of 64 KiB were made for nobody`);
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    assert.equal(made, stalledAt, "no part is made that nobody takes");
    reader.socket.resume();
    await eventually(() => made > stalledAt + 10);
    reader.socket.pause();
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    for (let beat = 0; beat < 3; beat++) {
      clock.advance(15_000);
      await setImmediate();
    }
    const cutAt = made;
    reader.socket.resume();
    await eventually(() => reader.isClosed);
    assert.equal(made, cutAt, "nothing is made after the cut");
    assert.ok(!reader.text.endsWith("0\r\n\r\n"), "the reader sees that it was cut");
    await server.close();
  });

  void test("ends at once, and whole, when the server stops; no new one is opened", async () => {
    const { server, open } = await trial(async function* (request) {
      yield event(1);
      await aborted(request);
    });
    const readers = [open(), open()];
    for (const reader of readers) await reader.until("p1-1");
    await server.close();
    await eventually(() => readers.every(({ isClosed }) => isClosed));
    for (const { text } of readers) assert.ok(text.endsWith("0\r\n\r\n"));
  });

  void test("is refused beyond the limits, of one caller and of all, until another ends", async () => {
    const { server, open } = await trial(
      async function* (request) {
        yield event(1);
        await aborted(request);
      },
      { streams: { streamsMax: 3, streamsPerCallerMax: 2 } },
    );
    const [first, second] = [open(), open()];
    for (const reader of [first, second]) await reader.until("p1-1");
    const third = open();
    await third.until("rate-limited");
    assert.match(third.text, /^HTTP\/1\.1 429 [^]*retry-after: 5/i);
    const other = open("", KEEPER_TOKEN);
    await other.until("p1-1");
    const another = open("", KEEPER_TOKEN);
    await another.until("rate-limited");
    first.socket.destroy();
    for (let isOpen = false; !isOpen;) {
      const again = open();
      await eventually(() => again.text.includes("p1-1") || again.text.includes("rate-limited"));
      isOpen = again.text.includes("p1-1");
    }
    await server.close();
  });

  void test("that fails on its way is cut, not ended", async () => {
    const { server, open } = await trial(async function* () {
      yield event(1);
      await reader.until("p1-1");
      throw new TypeError("lost");
    });
    const reader = open();
    await eventually(() => reader.isClosed);
    assert.ok(!reader.text.endsWith("0\r\n\r\n"));
    await server.close();
  });

  void test("is not begun for HEAD", async () => {
    let isBegun = false;
    const { server } = await trial(async function* () {
      isBegun = true;
      yield event(1);
    });
    const { status, body } = await server.inject({ method: "HEAD", url: "/news", headers: { authorization: `Bearer ${READER_TOKEN}` } }); // prettier-ignore
    assert.deepEqual([status, body, isBegun], [200, "", false]);
    await server.close();
  });
});
