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
}

/** A pool of connections, each opened when it is first needed and again when it was lost. */
export function connect({ url, name, connections, settings = {}, isPooled = false }: ClientOptions): Client {
  return postgres(url, {
    max: connections,
    max_lifetime: 45 * 60,
    idle_timeout: 10 * 60,
    connect_timeout: 5,
    backoff: (tries) => Math.min(1, 0.02 * 2 ** tries),
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: name, ...(isPooled ? {} : settings) },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    ...(isPooled ? UNPREPARED_ONE_BY_ONE : {}),
  });
}

/** PgBouncer 1.18 in transaction mode never answers what is sent to it before the answer to what was sent first. */
const UNPREPARED_ONE_BY_ONE = { prepare: false, max_pipeline: 0 };

/** Whether a pooler such as PgBouncer stands between: it names another process than the server's. */
export async function hasPooler(client: Client): Promise<boolean> {
  const answer = await client<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return answer[0]?.pid !== answer.state.pid;
}
