import { messageOf } from "@daybook/kernel/errors";
import { Pool } from "undici";
import { partnerUnavailable } from "./errors.ts";

/** Requests to one partner outside, in JSON, over kept connections. */
export interface JsonClient {
  /**
   * The answer, whatever its status below 500. Rejects with `partner-unavailable` when there is none in time, when it is
   * a 5xx or a 429, or no JSON: whether the request had an effect is not known then; under its key it may be sent again.
   */
  request(request: JsonRequest): Promise<JsonAnswer>;
  close(): Promise<void>;
}

export interface JsonRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Sent as `Idempotency-Key`. */
  readonly key?: string;
  readonly signal?: AbortSignal;
}

/** The same for a request that is sent again: a retry is known by it. */
export function requestName({ method, path, key = "" }: JsonRequest): string {
  return `${method} ${path} ${key}`;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface JsonClientOptions {
  /** Where the partner is: scheme, host and port. Requests go nowhere else; redirects are not followed. */
  readonly url: string;
  readonly connections?: number;
  /** For head and body of an answer each; 10,000. */
  readonly timeoutMs?: number;
  /** An answer that is larger is none; 1 MiB. */
  readonly bodyBytesMax?: number;
}

export function jsonClient(options: JsonClientOptions): JsonClient {
  const { url, connections = 64, timeoutMs = 10_000, bodyBytesMax = 1_048_576 } = options;
  const { origin } = new URL(url);
  const timeouts = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs } };
  const pool = new Pool(origin, { connections, maxResponseSize: bodyBytesMax, ...timeouts });

  return {
    async request({ method, path, body, key, signal }) {
      const headers = {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key !== undefined && { "idempotency-key": key }),
      };
      const sent = {
        method,
        path,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      };
      let status: number;
      let answer: unknown;
      try {
        const response = await pool.request(sent);
        status = response.statusCode;
        answer = await response.body.json();
      } catch (cause) {
        throw partnerUnavailable(`${method} ${origin}${path}: ${messageOf(cause)}`, { cause });
      }
      if (status >= 500 || status === 429) throw partnerUnavailable(`${method} ${origin}${path} was answered with ${status}`);
      return { status, body: answer };
    },
    close: () => pool.close(),
  };
}
