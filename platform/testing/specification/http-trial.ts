import { jsonLog } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { httpServer, type HttpServer } from "@daybook/network/http";
import { principalsOf, tokenDigest, tokenPrincipals, type Principals } from "@daybook/network/http/principals";
import type { Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";

/** Asks routes as a person would, without a socket unless the server is told to listen. */
export interface HttpTrial {
  readonly server: HttpServer;
  /** `as`: `operator`, `viewer`, `admin`, or a customer's id; an operator unless given. */
  readonly ask: (method: string, target: string, options?: AskOptions) => Promise<TrialAnswer>;
}

export interface AskOptions {
  readonly as?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TrialAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Empty when the text is no JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

export function httpTrial(parts: {
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly statuses?: StatusTable;
  /** Ids of customers who may ask. */
  readonly customers?: readonly string[];
  /** Whoever else may ask, by the `authorization` of `headers`. */
  readonly principals?: Principals;
}): HttpTrial {
  const { routes, clock, statuses = {}, customers = [], principals } = parts;
  const random = seededRandom(7);
  const people = [
    ...["operator", "viewer", "admin"].map((role) => ({ id: role, roles: [role] })),
    ...customers.map((id) => ({ id, roles: ["customer"] })),
  ];
  const issued = people.map(({ id, roles }) => ({
    digest: tokenDigest(`dbk_${id}`),
    principal: { id, roles, tenant: "default" },
  }));
  const server = httpServer({
    routes,
    principals: principalsOf(tokenPrincipals(issued), ...(principals ? [principals] : [])),
    clock,
    ids: idSource(clock, random),
    random,
    log: jsonLog({ clock, level: "silent", to: { write: () => undefined } }),
    statuses,
  });
  return {
    server,
    async ask(method, target, { as = "operator", body, text, headers = {} } = {}) {
      const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const answer = await server.inject({
        method,
        url: target,
        headers: {
          host: "daybook",
          authorization: `Bearer dbk_${as}`,
          ...(content !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(content !== undefined && { body: content }),
      });
      return { status: answer.status, headers: answer.headers, text: answer.body, json: jsonOf(answer.body) };
    },
  };
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>; // routes answer objects
  } catch {
    return {};
  }
}
