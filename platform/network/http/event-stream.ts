import type { HttpAnswer } from "./route.ts";

/** One server-sent event (WHATWG HTML, 9.2). */
export interface ServerSentEvent {
  /** Where a reader goes on that has lost the connection: it sends it as `Last-Event-ID`. */
  readonly id: string;
  readonly event: string;
  /** Sent as JSON. */
  readonly data: unknown;
}

/**
 * An answer of events as they come; it ends with them. They are asked for one by one, as the reader takes them, and not at
 * all before the answer is sent; whoever makes them ends when the request's signal says so.
 */
export function eventStream(events: AsyncIterable<ServerSentEvent>): HttpAnswer {
  return { status: 200, headers: HEADERS, body: "", stream: { parts: texts(events), heartbeat: ":\n\n" } };
}

/** `x-accel-buffering`: a proxy is not to gather what should arrive at once. */
const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };

async function* texts(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<string> {
  for await (const { id, event, data } of events) {
    yield `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`; // JSON has no line breaks
  }
}
