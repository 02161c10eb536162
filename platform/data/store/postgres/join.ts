import type { Client } from "./client.ts";
import type { InSchema } from "./schema.ts";
import { IS_UNFINISHED, refuseUnfinished } from "./unfinished-copy.ts";

/** SQLSTATE of a commit that was refused whole because its writer must join the log first. */
export const MUST_JOIN = "DB002";

/** The server writes this timeline; a failover or a restore to a point in time begins another. */
export const TIMELINE = "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)";

/** Whether a statement sent under `p_fence` may commit. It waited for the log's lock, so nothing changes any more. */
export const IS_JOINED = `current_setting('transaction_isolation') = 'read committed'
        and exists (select from {schema}.log l where l.is_only and l.fence = p_fence and l.timeline = ${TIMELINE})`;

/**
 * Joins the log, which a writer does before its first commit and whenever it is told to. Raises the fence above `p_lost`
 * (null: above the present one): what was sent under a lower one and is not done yet is never done. Raises the epoch when
 * the log is not where it was: on another timeline, or in another cluster, database or table.
 */
export const JOIN_FUNCTION = `
create function {schema}.join_1(p_lost bigint, out fence bigint, out number bigint) language plpgsql as $join$
#variable_conflict use_column
declare
  v_locked text;
  v_life text;
begin
  v_locked := pg_advisory_xact_lock(1145655888, '{schema}.batches'::regclass::oid::integer); -- as commit_1
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'transactions must be read committed, not %', current_setting('transaction_isolation');
  end if;
  v_life := concat_ws('/', (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()), '{schema}.log'::regclass::oid);
  update {schema}.log l set
      fence = greatest(l.fence, coalesce(p_lost, l.fence) + 1),
      epoch = case when l.life in ('', v_life) and l.timeline in ('', ${TIMELINE}) then l.epoch
        else greatest(l.epoch + 1, floor(extract(epoch from clock_timestamp()) * 1000000)) end,
      life = v_life,
      timeline = ${TIMELINE}
    where l.fence <= coalesce(p_lost, l.fence) or l.life <> v_life or l.timeline <> ${TIMELINE};
  select l.fence, (select b.number from {schema}.batches b order by b.number desc limit 1)
    into fence, number from {schema}.log l where l.is_only;
end
$join$;
`;

/** Lower than every fence. */
export const NOTHING_LOST = -1;

/** What a writer must know to commit. */
export interface Joined {
  readonly fence: number;
  /** Number of the last batch. */
  readonly number: number;
}

/**
 * `lost`: see JOIN_FUNCTION; `NOTHING_LOST` to be told the present fence. Throws `copy-unfinished` in a schema into which a
 * copy is being made.
 */
export async function joinLog(client: Pick<Client, "unsafe">, text: InSchema, lost: number | null): Promise<Joined> {
  const sql = text(`select j.*, ${IS_UNFINISHED} as "isUnfinished" from {schema}.join_1($1) j`);
  const [joined] = await client.unsafe<(Joined & { readonly isUnfinished: boolean })[]>(sql, [lost], { prepare: true });
  if (joined?.isUnfinished) await refuseUnfinished(client, text);
  return joined as Joined; // a function with OUT parameters answers one row
}
