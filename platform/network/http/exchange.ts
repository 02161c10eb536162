import type { IncomingMessage, ServerResponse } from "node:http";
import { canonical } from "@daybook/kernel/canonical";
import { digestHex } from "@daybook/kernel/digest";
import type { Context } from "@daybook/kernel/context";
import type { Edge } from "./edge.ts";
import { deadlineExceeded } from "./errors.ts";
import { ANONYMOUS, type Principal } from "./principals.ts";
import { hasBody } from "./request/headers.ts";
import type { Expiring } from "./request/deadlines.ts";
import type { HttpAnswer, HttpRequest, Received, Route, StreamedBody } from "./route.ts";

/** What every answer carries; an answer's own headers come after and win. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/** One request on its way, and its one answer. What comes after the answer (deadline, a slow handler) is dropped. */
export class Exchange implements HttpRequest, Expiring {
  readonly target: string;
  readonly traceparent: string;
  readonly startedAt: number;
  addedAt = 0;
  principal: Principal = ANONYMOUS;
  params: unknown = {};
  query: unknown = {};
  body: unknown = undefined;
  received: Received | undefined = undefined;
  idempotencyKey: string | undefined = undefined;
  ifMatch: number | undefined = undefined;
  /** Entity tags that the caller has: an answer with one of them is not sent again. */
  ifNoneMatch: "*" | readonly string[] | undefined = undefined;
  atLeast: string | undefined = undefined;
  lastEventId: string | undefined = undefined;
  /** What the digest is made of, as it was sent. */
  question: unknown = undefined;
  private isAnswered = false;
  private isOver = false;
  private controller: AbortController | undefined;
  private ownContext: Context | undefined;
  private readonly edge: Edge;
  private readonly route: Route | undefined;
  private readonly raw: IncomingMessage;
  private readonly response: ServerResponse;

  constructor(edge: Edge, route: Route | undefined, raw: IncomingMessage, response: ServerResponse) {
    this.edge = edge;
    this.route = route;
    this.raw = raw;
    this.response = response;
    this.target = raw.url ?? "";
    this.startedAt = edge.clock.now();
    this.traceparent = edge.traceparentOf(raw.headers);
    response.once("close", () => this.close());
  }

  /** Made when it is first asked for: after the principal is known. */
  get context(): Context {
    this.ownContext ??= this.edge.contextOf(this);
    return this.ownContext;
  }

  get requestDigest(): string {
    return digestHex(`${this.route?.name ?? ""}\n${canonical(this.question)}`);
  }

  get remoteAddress(): string {
    return this.raw.socket.remoteAddress ?? "";
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.isOver) this.controller.abort();
    return this.controller.signal;
  }

  /** From here on the deadline counts. */
  begin(): void {
    this.edge.deadlines.add(this);
  }

  /** Sends `answer`, unless there was one before. */
  answer(answer: HttpAnswer): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.edge.deadlines.delete(this);
    if (this.response.destroyed) return;
    try {
      if (answer.stream) this.stream(answer, answer.stream);
      else this.write(this.isKnown(answer) ? notModified(answer) : answer);
    } catch (error) {
      this.write(this.edge.answerTo(error, this)); // a header that HTTP does not allow
    }
  }

  /** Answers the problem that `error` is. */
  fail(error: unknown, headers?: Readonly<Record<string, string>>): void {
    if (this.isAnswered) {
      this.edge.logDropped(error, this);
      return;
    }
    const answer = this.edge.answerTo(error, this);
    this.answer(headers ? { ...answer, headers: { ...answer.headers, ...headers } } : answer);
  }

  /** The deadline: answers 504, and tells whoever listens to the signal. */
  expire(): void {
    this.fail(deadlineExceeded(`there was no answer within ${this.edge.deadlineMs} ms`));
    this.abort();
  }

  get fieldsForLog(): Readonly<Record<string, unknown>> {
    const { traceparent, context } = this;
    return {
      method: this.raw.method,
      route: this.route?.path,
      trace: traceparent.slice(3, 35),
      correlation: context.correlationId,
    };
  }

  /** The connection is the stream's own: it ends with it. */
  private stream({ status, headers }: HttpAnswer, body: StreamedBody): void {
    const { response, edge } = this;
    const caller = this.principal === ANONYMOUS ? this.remoteAddress : this.principal.id;
    edge.streams.check(caller);
    response.writeHead(status, { ...SECURITY_HEADERS, ...headers, traceparent: this.traceparent, connection: "close" });
    edge.logAnswer(status, this);
    if (this.raw.method === "HEAD") {
      response.end();
      return;
    }
    response.flushHeaders();
    edge.streams.send(response, body, caller, () => this.abort()).catch((error: unknown) => edge.logDropped(error, this));
  }

  private isKnown({ status, headers }: HttpAnswer): boolean {
    const { etag } = headers;
    if (this.ifNoneMatch === undefined || status !== 200 || etag === undefined) return false;
    return this.ifNoneMatch === "*" || this.ifNoneMatch.includes(etag);
  }

  private close(): void {
    this.isAnswered = true;
    this.edge.deadlines.delete(this);
    if (!this.response.writableFinished) this.abort();
  }

  private abort(): void {
    this.isOver = true;
    this.controller?.abort();
  }

  private write({ status, headers, body, position }: HttpAnswer): void {
    const { response } = this;
    const all: Record<string, string | number> = { ...SECURITY_HEADERS, ...headers, traceparent: this.traceparent };
    if (position !== undefined) all["daybook-position"] = position;
    if (status !== 204 && status !== 304) all["content-length"] = Buffer.byteLength(body);
    if (this.edge.isStopping || this.leavesMuchUnread()) all["connection"] = "close";
    response.writeHead(status, all);
    response.end(status === 204 || status === 304 ? undefined : body);
    this.edge.logAnswer(status, this);
  }

  /** What is left of a large body is not read to its end only to keep the connection. */
  private leavesMuchUnread(): boolean {
    const { headers, complete } = this.raw;
    if (complete || !hasBody(headers)) return false;
    return !(Number(headers["content-length"]) <= this.edge.bodyBytesMax);
  }
}

/** RFC 9110, 15.4.5: what the answer says of itself, without the answer. */
function notModified({ headers: { "content-type": _, ...headers }, position }: HttpAnswer): HttpAnswer {
  return { status: 304, headers, body: "", position };
}
