import { Socket } from "node:net";
import postgres from "postgres";
import type { Sql } from "postgres";

/** Whole numbers of 64 bits are JavaScript numbers here: none passes 2⁵³. */
export type Client = Sql<{ bigint: number }>;

export interface ClientOptions {
  readonly url: string;
  readonly name: string;
  readonly connections: number;
  /** Settings of each session, as `SET` takes them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Behind a pooler: see `hasPooler`. It refuses settings, and may give each statement to another session. */
  readonly isPooled?: boolean;
  /** Connections are kept however long they live or rest: they hold a transaction. */
  readonly isKept?: boolean;
}

/** A pool of connections, each opened when it is first needed and again when it was lost. */
export function connect(client: ClientOptions): Client {
  const { url, name, connections, settings = {}, isPooled = false, isKept = false } = client;
  const options = {
    ...(hasOneHost(url) ? { socket: promptSocket } : {}), // of several, the client tries one after another itself
    max: connections,
    max_lifetime: isKept ? null : 45 * 60,
    idle_timeout: isKept ? 0 : 10 * 60,
    connect_timeout: 5,
    backoff: (tries: number) => Math.min(1, 0.02 * 2 ** tries),
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: name, ...(isPooled ? {} : settings) },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    ...(isPooled ? UNPREPARED_ONE_BY_ONE : {}),
  };
  return postgres(url, options);
}

interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** Of a Unix socket. */
  readonly path: string | false | undefined;
}

/**
 * A socket on its way to the server, without Nagle's algorithm: that keeps the end of a batch back until the server has
 * acknowledged the beginning, which costs every batch of more than a segment a way there and back.
 */
function promptSocket({ host: [host = ""], port: [port = 0], path }: Address): Socket {
  const socket = new Socket().setNoDelay(true);
  if (path) return socket.connect(path);
  socket.connect(port, host);
  return Object.assign(socket, { host, port }); // the client asks for the certificate of this host
}

function hasOneHost(url: string): boolean {
  return !(/\/\/(?:[^/@]*@)?([^/?]*)/.exec(url)?.[1] ?? "").includes(",");
}

/** PgBouncer 1.18 in transaction mode never answers what is sent to it before the answer to what was sent first. */
const UNPREPARED_ONE_BY_ONE = { prepare: false, max_pipeline: 0 };

/** Whether a pooler such as PgBouncer stands between: it names another process than the server's. */
export async function hasPooler(client: Client): Promise<boolean> {
  const answer = await client<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return answer[0]?.pid !== answer.state.pid;
}
