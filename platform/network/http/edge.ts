import { STATUS_CODES, type IncomingHttpHeaders } from "node:http";
import type { Log } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { messageOf, type CodedError } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { internalError, unauthenticated } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { OpenStreams, type StreamLimits } from "./open-streams.ts";
import { errorAnswer, problemAnswer } from "./problem.ts";
import { ANONYMOUS, type Principal, type Principals } from "./principals.ts";
import { Deadlines } from "./request/deadlines.ts";
import { bearerToken } from "./request/headers.ts";
import { traceparentFrom } from "./request/trace.ts";
import type { HttpAnswer } from "./route.ts";
import type { StatusTable } from "./statuses.ts";

export interface EdgeOptions {
  readonly principals: Principals;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  readonly log: Log;
  readonly statuses?: StatusTable;
  readonly bodyBytesMax?: number;
  readonly deadlineMs?: number;
  readonly streams?: StreamLimits;
}

/** What the exchanges of one server share. */
export class Edge {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly streams: OpenStreams;
  readonly deadlineMs: number;
  readonly bodyBytesMax: number;
  isStopping = false;
  private readonly options: EdgeOptions;
  private readonly statuses: StatusTable;

  constructor(options: EdgeOptions) {
    this.options = options;
    this.clock = options.clock;
    this.statuses = options.statuses ?? {};
    this.deadlineMs = options.deadlineMs ?? 10_000;
    this.bodyBytesMax = options.bodyBytesMax ?? 1_048_576;
    this.deadlines = new Deadlines(options.clock, this.deadlineMs);
    this.streams = new OpenStreams(options.clock, options.streams ?? {});
  }

  traceparentOf(headers: IncomingHttpHeaders): string {
    const { traceparent } = headers;
    return traceparentFrom(typeof traceparent === "string" ? traceparent : undefined, this.options.random);
  }

  contextOf({ principal, traceparent }: Exchange): Context {
    return {
      correlationId: this.options.ids("cor"),
      actor: principal.id,
      tenant: principal.tenant,
      traceparent,
      deadline: this.clock.now() + this.deadlineMs,
    };
  }

  /** Whose token the request has; `unauthenticated` without one that is known. A promise only when the port needs one. */
  authenticate(headers: IncomingHttpHeaders): Principal | Promise<Principal> {
    const token = bearerToken(headers);
    const found = token === undefined ? undefined : this.options.principals.authenticate(token);
    return found instanceof Promise ? found.then(known) : known(found);
  }

  /** The answer to a failure. What the status tables do not know is a 500 without details, and logged. */
  answerTo(error: unknown, exchange: Exchange): HttpAnswer {
    const answer = errorAnswer(error, this.statuses, exchange.traceparent);
    if (answer && answer.status < 500) return answer;
    const fields = { ...exchange.fieldsForLog, error };
    if (answer) {
      this.options.log.warn(fields, `answered ${answer.status}: ${messageOf(error)}`);
      return answer;
    }
    this.options.log.error(fields, "a request failed unexpectedly");
    const hidden = internalError("something went wrong here; the log has the details under the trace id");
    return problemAnswer(hidden, this.statuses, exchange.traceparent);
  }

  /** The whole text of an answer to what was no request. */
  rawAnswerTo(fault: CodedError): string {
    const traceparent = this.traceparentOf({});
    const { status, headers, body } = problemAnswer(fault, this.statuses, traceparent);
    const all = { ...headers, traceparent, "content-length": String(Buffer.byteLength(body)), connection: "close" };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...lines, "", body].join("\r\n");
  }

  logAnswer(status: number, exchange: Exchange): void {
    if (!this.options.log.isEnabled("debug")) return;
    const ms = this.clock.now() - exchange.startedAt;
    this.options.log.debug({ ...exchange.fieldsForLog, status, ms, actor: exchange.context.actor }, "answered");
  }

  logDropped(error: unknown, exchange: Exchange): void {
    this.options.log.debug({ ...exchange.fieldsForLog, error }, "failed after its answer");
  }
}

function known(principal: Principal | undefined): Principal {
  if (principal === undefined || principal === ANONYMOUS) throw unauthenticated("there is no valid bearer token");
  return principal;
}
