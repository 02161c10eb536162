export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: Body;
}

/** Fields that tests look at; each answer has some of them. */
export interface Body {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string };
  readonly entries: readonly Entry[];
  readonly [name: string]: unknown;
}

export interface Entry {
  readonly partner: string;
  readonly operation: string;
  readonly key: string | null;
  readonly outcome: string;
  readonly effect: boolean;
  readonly lost: boolean;
  readonly status: number | null;
}

/** Speaks with a sandbox as a stranger does. */
export interface Client {
  /** Null sends no key; a key of its own by default. */
  post(path: string, body?: unknown, key?: string | null): Promise<Reply>;
  get(path: string): Promise<Reply>;
  put(path: string, body: unknown): Promise<Reply>;
  patch(path: string, body: unknown): Promise<Reply>;
  /** The journal as `operation outcome` with `!` for an effect. */
  story(partner: string): Promise<readonly string[]>;
}

export function client(url: string): Client {
  let keys = 0;
  async function call(method: string, path: string, body: unknown, key: string | null): Promise<Reply> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key !== null && { "idempotency-key": key }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) as Body }; // what it has the test says
  }
  return {
    post: (path, body, key = `own-${++keys}`) => call("POST", path, body, key),
    get: (path) => call("GET", path, undefined, null),
    put: (path, body) => call("PUT", path, body, null),
    patch: (path, body) => call("PATCH", path, body, null),
    async story(partner) {
      const { body } = await call("GET", `/control/journal?partner=${partner}`, undefined, null);
      return body.entries.map(({ operation, outcome, effect }) => `${operation} ${outcome}${effect ? "!" : ""}`);
    },
  };
}
