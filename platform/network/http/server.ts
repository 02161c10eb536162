import type { Log } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { Principals } from "./principals.ts";
import type { Route } from "./route.ts";
import type { StatusTable } from "./statuses.ts";

/** The HTTP edge: routes as data in, one server out. */
export interface HttpServer {
  /** Starts to accept; `port` 0 takes a free one. Answers the base URL, without a slash at its end. */
  listen(port: number, host?: string): Promise<string>;
  /** Stops accepting, lets requests under way finish for `graceMs` (10,000), then cuts what is left. Idempotent. */
  close(graceMs?: number): Promise<void>;
  /** One request without a socket, for tests. */
  inject(request: InjectedRequest): Promise<InjectedAnswer>;
}

export interface InjectedRequest {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface InjectedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly principals: Principals;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  readonly log: Log;
  /** The program's own codes (refusals, its errors) with their statuses; the edge knows its own. */
  readonly statuses?: StatusTable;
  /** 1,048,576. */
  readonly bodyBytesMax?: number;
  /** Time for a handler to answer; then 504. 10,000. */
  readonly deadlineMs?: number;
  /** Time for the headers to arrive; 10,000. */
  readonly headersTimeoutMs?: number;
  /** Time for the whole request to arrive; 30,000. */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept; 72,000: longer than balancers keep theirs. */
  readonly keepAliveMs?: number;
  /** Connections at once; 10,000. More are closed at once. */
  readonly connectionsMax?: number;
}
