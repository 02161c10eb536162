import { connect } from "node:net";
import { jsonLog, type Log } from "@daybook/foundation/log";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { z } from "zod";
import { etag } from "./request/preconditions.ts";
import { tokenDigest, tokenPrincipals } from "./principals.ts";
import { jsonAnswer, route, type Route } from "./route.ts";
import { healthRoutes } from "./health.ts";
import { openApiRoute } from "./openapi.ts";
import { httpServer, type HttpServer, type HttpServerOptions } from "./server.ts";

/** A small server for the tests of this package: notes, their keeper and a reader. */
export const KEEPER_TOKEN = "dbk_keeper";
export const READER_TOKEN = "dbk_reader";

const noteSchema = z.strictObject({ text: z.string().max(100), tags: z.array(z.string().max(20)).max(10).optional() });
const idSchema = z.strictObject({ id: z.string().min(1).max(40) });

function noteRoutes(): readonly Route[] {
  const auth = { roles: ["keeper"] };
  return [
    route({
      method: "POST",
      path: "/notes",
      name: "writeNote",
      summary: "Write a note",
      auth,
      body: noteSchema,
      isIdempotent: true,
      success: { status: 201, schema: noteSchema },
      handle: ({ body, requestDigest, idempotencyKey, context }) =>
        jsonAnswer(
          201,
          { ...body, requestDigest, idempotencyKey, actor: context.actor },
          { location: "/notes/1", etag: etag(1) },
        ),
    }),
    route({
      method: "GET",
      path: "/notes/search",
      name: "searchNotes",
      summary: "Search notes",
      auth: { roles: ["keeper", "reader"] },
      query: z.strictObject({ q: z.string().max(50).optional(), limit: z.coerce.number().int().min(1).max(100).default(20) }),
      readsAtLeast: true,
      success: { status: 200 },
      handle: ({ query, atLeast }) => ({ ...jsonAnswer(200, { ...query, atLeast }), position: "p1-1" }),
    }),
    route({
      method: "GET",
      path: "/notes/{id}",
      name: "readNote",
      summary: "Read a note",
      auth: { roles: ["keeper", "reader"] },
      params: idSchema,
      success: { status: 200, schema: noteSchema, headers: { etag: "The note's version" } },
      handle: ({ params }) => jsonAnswer(200, { id: params.id, text: "…" }, { etag: etag(3) }),
    }),
    route({
      method: "PUT",
      path: "/notes/{id}",
      name: "replaceNote",
      summary: "Replace a note",
      auth,
      params: idSchema,
      body: noteSchema,
      ifMatch: "required",
      success: { status: 200 },
      handle: ({ ifMatch }) => jsonAnswer(200, { ifMatch }),
    }),
  ];
}

/** A server with the notes, health and the document; `options` replaces what it names, `extra` routes are added. */
export function sampleServer(options: Partial<HttpServerOptions> = {}, extra: readonly Route[] = []): HttpServer {
  const clock: Clock = options.clock ?? systemClock;
  const random = seededRandom(7);
  const routes = [...noteRoutes(), ...extra];
  return httpServer({
    routes: [...routes, ...healthRoutes({ checks: [], clock }), openApiRoute({ title: "Notes", version: "1.0.0", routes })],
    principals: tokenPrincipals([
      { digest: tokenDigest(KEEPER_TOKEN), principal: { id: "usr_keeper", roles: ["keeper"], tenant: "default" } },
      { digest: tokenDigest(READER_TOKEN), principal: { id: "usr_reader", roles: ["reader"], tenant: "default" } },
    ]),
    clock,
    random,
    ids: idSource(clock, random),
    log: silentLog(clock),
    ...options,
  });
}

function silentLog(clock: Clock): Log {
  return jsonLog({ clock, level: "silent", to: { write: () => undefined } });
}

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends `bytes` as they are and reads one answer, or what came until the server closed (status 0 when nothing did). */
export function sendRaw(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  return new Promise((resolve) => {
    let received = "";
    const finish = () => {
      socket.destroy();
      resolve(answerOf(received));
    };
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (isComplete(received)) finish();
    });
    socket.on("error", finish);
    socket.on("close", finish);
    socket.write(bytes);
  });
}

function isComplete(received: string): boolean {
  const end = received.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(received);
  return end >= 0 && length !== null && received.length >= end + 4 + Number(length[1]);
}

function answerOf(received: string): RawAnswer {
  const end = received.indexOf("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0),
    head: received.slice(0, Math.max(0, end)),
    body: end < 0 ? "" : received.slice(end + 4),
  };
}
