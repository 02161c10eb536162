import { messageOf } from "@daybook/kernel/errors";
import { serverUnreachable } from "../errors.ts";
import { headersOf, targetOf, type Client, type ClientRequest } from "./client.ts";
import { readAnswer } from "./read-answer.ts";

const TIMEOUT_MS = 30_000;

/** A client of the server at `url`. */
export function httpClient(url: string, token: string): Client {
  const base = url.replace(/\/+$/, "");
  return {
    async call(request) {
      const { status, text, position } = await fetched(base, token, request);
      return readAnswer(status, text, position);
    },
    isAlone: false,
    close: async () => {},
  };
}

interface Fetched {
  readonly status: number;
  readonly text: string;
  readonly position: string | undefined;
}

async function fetched(base: string, token: string, request: ClientRequest): Promise<Fetched> {
  const { method = "GET", body, timeoutMs = TIMEOUT_MS, signal } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(base + targetOf(request), {
      method,
      headers: headersOf(request, token),
      redirect: "manual",
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const position = answer.headers.get("daybook-position") ?? undefined;
    return { status: answer.status, text: await answer.text(), position };
  } catch (cause) {
    signal?.throwIfAborted();
    const why = timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : reasonOf(cause);
    throw serverUnreachable(`${base} cannot be reached: ${why}`, { cause });
  }
}

/** What fetch hides behind "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return code === "" ? messageOf(cause ?? error) : code;
}
