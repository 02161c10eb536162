import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type CodedError } from "@daybook/kernel/errors";
import type { Edge } from "./edge.ts";
import { expectationFailed, headersTooLarge, requestMalformed, requestTimeout } from "./errors.ts";
import { Exchange } from "./exchange.ts";

/** Answers problems to what never becomes a request: broken framing, headers too large or too slow, CONNECT. */
export function handleWireFaults(server: Server, edge: Edge): void {
  server.removeAllListeners("clientError"); // fastify's own answer
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerRaw(edge, socket, faultOf(error.code)));
  server.on("connect", (_request, socket) => answerRaw(edge, socket, requestMalformed("CONNECT is not served here")));
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    new Exchange(edge, undefined, request, response).fail(expectationFailed("only 100-continue can be expected"));
  });
}

/** Undefined when nobody is there to be answered. */
function faultOf(code: string | undefined): CodedError | undefined {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "HPE_HEADER_OVERFLOW":
      return headersTooLarge("the headers are longer than 16 KiB");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return requestTimeout("the request did not arrive in time");
    default:
      return requestMalformed("the request is not well-formed HTTP/1.1");
  }
}

function answerRaw(edge: Edge, socket: Duplex, fault: CodedError | undefined): void {
  if (!fault || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  socket.end(edge.rawAnswerTo(fault), () => socket.destroy());
}

/** Whether the fault is of a later request, or comes after the head of the answer: another answer would be misread. */
function isAnswering(socket: Duplex): boolean {
  const { _httpMessage: response } = socket as { readonly _httpMessage?: ServerResponse | null }; // node's own link
  return response !== null && response !== undefined && (response.headersSent || response.req.complete);
}
