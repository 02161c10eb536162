/** Asks the shop over its HTTP interface: of a running server, or of one that this process holds for the command alone. */
export interface Client {
  /** Answers 2xx; every other answer is thrown as `ServerProblem`, none at all as `server-unreachable`. */
  call(request: ClientRequest): Promise<ClientAnswer>;
  /** Nobody goes on with what was begun once this client is closed. */
  readonly isAlone: boolean;
  /** Releases what was opened for the client. Idempotent. */
  close(): Promise<void>;
}

export interface ClientRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Segments are encoded by the caller (`path`). */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ClientAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Of a command: what a read that must show it asks for. */
  readonly position: string | undefined;
}

/** A path with encoded segments: path`/api/v1/orders/${id}`. */
export function path(texts: TemplateStringsArray, ...segments: readonly string[]): string {
  return texts.map((text, index) => text + encodeURIComponent(segments[index] ?? "")).join("");
}

/** Path and query as they are sent. */
export function targetOf({ path: target, query = {} }: ClientRequest): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? target : `${target}?${new URLSearchParams(given).toString()}`;
}

/** The headers of a request with a token. */
export function headersOf({ headers = {}, body }: ClientRequest, token: string): Record<string, string> {
  return {
    accept: "application/json",
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { "content-type": "application/json" }),
    ...headers,
  };
}
