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
}

/** A pool of connections, each opened when it is first needed and again when it was lost. */
export function connect({ url, name, connections, settings }: ClientOptions): Client {
  return postgres(url, {
    max: connections,
    max_lifetime: 45 * 60,
    idle_timeout: 10 * 60,
    connect_timeout: 5,
    backoff: (tries) => Math.min(1, 0.02 * 2 ** tries),
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: name, ...settings },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  });
}
