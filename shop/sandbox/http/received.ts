import type { IncomingMessage } from "node:http";
import { Refusal } from "../refusal.ts";
import { jsonBody } from "./body.ts";

/** A request as it came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Undefined when it is missing or not well-formed. */
  readonly key: string | undefined;
  readonly body: unknown;
  /** Why the body could not be read. */
  readonly fault: Refusal | undefined;
}

const KEY = /^[!-~]{1,255}$/;

export async function receive(request: IncomingMessage): Promise<Received> {
  const target = request.url ?? "/";
  const end = target.indexOf("?");
  const key = request.headers["idempotency-key"];
  const read = await bodyOrFault(request);
  return {
    method: request.method ?? "",
    path: end < 0 ? target : target.slice(0, end),
    query: new URLSearchParams(end < 0 ? "" : target.slice(end)),
    key: typeof key === "string" && KEY.test(key) ? key : undefined,
    ...read,
  };
}

async function bodyOrFault(request: IncomingMessage): Promise<Pick<Received, "body" | "fault">> {
  try {
    return { body: await jsonBody(request), fault: undefined };
  } catch (error) {
    if (error instanceof Refusal) return { body: undefined, fault: error };
    throw error;
  }
}
