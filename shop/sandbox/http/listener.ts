import { createServer, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Settings } from "../file/settings.ts";
import type { Handler } from "./handler.ts";
import { listen, listenAgain, LOOPBACK } from "./ports.ts";
import { errorAnswer } from "./route.ts";

/** An HTTP address of the sandbox that can be given up and taken again. */
export interface Listener {
  readonly url: string;
  /** While it is closed connections are refused. Closing cuts those that there are; opened again it has its old port. */
  setOpen(isOpen: boolean): Promise<void>;
  /** Takes no more, and lets what is under way finish until `patience` is over. */
  close(patience: Promise<void>): Promise<void>;
}

export async function listener(name: string, port: number, handle: Handler, settings: Settings): Promise<Listener> {
  const underWay = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    underWay.add(response);
    response.on("close", () => underWay.delete(response));
    handle(request, response);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuse(socket, error.code));
  const taken = await listenAgain(server, name, port, settings);
  return {
    url: `http://${LOOPBACK}:${taken}`,
    async setOpen(isOpen) {
      if (isOpen === server.listening) return;
      if (isOpen) await listen(server, taken);
      else await closed(server, Promise.resolve());
    },
    async close(patience) {
      for (const response of underWay) response.shouldKeepAlive = false;
      if (server.listening) await closed(server, patience);
    },
  };
}

async function closed(server: Server, patience: Promise<void>): Promise<void> {
  const isClosed = new Promise<void>((resolve) => void server.close(() => resolve()));
  await Promise.race([isClosed, patience]);
  server.closeAllConnections();
  await isClosed;
}

/** What is no HTTP. */
function refuse(socket: Duplex, code: string | undefined): void {
  if (!socket.writable || code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const isLong = code === "HPE_HEADER_OVERFLOW";
  const { body } = errorAnswer(isLong ? 431 : 400, "not-http", "the request is malformed or its head is too large");
  const head = [
    isLong ? "HTTP/1.1 431 Request Header Fields Too Large" : "HTTP/1.1 400 Bad Request",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
