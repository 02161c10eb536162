import type { ParameterOrJSON } from "postgres";
import { LIMITS } from "../limits.ts";
import type { Client } from "./client.ts";
import type { InSchema } from "./schema.ts";

export type Parameter = ParameterOrJSON<number>;

/** Prepared statements of one tenant; rows come back as plain records, named as the statement names its columns. */
export interface Queries {
  readonly all: <R>(sql: string, ...parameters: readonly Parameter[]) => Promise<readonly R[]>;
  readonly first: <R>(sql: string, ...parameters: readonly Parameter[]) => Promise<R | undefined>;
}

export function queries(client: Client, text: InSchema): Queries {
  const all = async <R>(sql: string, ...parameters: readonly Parameter[]) => {
    const rows = await client.unsafe(text(sql), [...parameters], { prepare: true });
    return Array.from(rows) as unknown as readonly R[]; // each statement names its columns for its record
  };
  return { all, first: async <R>(sql: string, ...parameters: readonly Parameter[]) => (await all<R>(sql, ...parameters))[0] };
}

/** The database's clock, as leases and expiry go by it. */
export const NOW = "floor(extract(epoch from clock_timestamp()) * 1000)";

export function limitOf(limit: number | undefined): number {
  return Math.min(LIMITS.page, limit ?? LIMITS.page);
}
