import { IS_JOINED } from "./join.ts";
import { STEP } from "./steps.ts";

/**
 * What `commit_plain_1` does (plain-function.ts), for a batch of one unit that appends one fact and asks for nothing but its
 * stream's version, if that: a caller alone waits for the statement, and lists are half of it.
 */
export const ONE_FACT_FUNCTION = `
create function {schema}.commit_one_fact_1(
  p_fence bigint, p_unit text, p_correlation text, p_stream text, p_version bigint,
  p_schema_version integer, p_type text, p_data text, p_meta text, p_digest bytea,
  out number bigint, out head bigint, out recorded_at bigint, out results text, out refused text
) language plpgsql as $commit$
#variable_conflict use_column
declare
  v_locked text;
  v_is_plain boolean;
  v_stream_id bigint;
  v_version bigint;
begin
  v_locked := pg_advisory_xact_lock(1145655888, '{schema}.batches'::regclass::oid::integer); -- as commit_1
  select b.number + 1, b.position, greatest(b.recorded_at, floor(extract(epoch from clock_timestamp()) * 1000)::bigint),
      ${IS_JOINED}
        and (b.number + 1) % 1000 <> 0
        and not exists (select from {schema}.units g where g.id = p_unit),
      s.id,
      coalesce((select f.version from {schema}.facts f where f.stream_id = s.id order by f.version desc limit 1), 0)
    into number, head, recorded_at, v_is_plain, v_stream_id, v_version
    from (select * from {schema}.batches order by number desc limit 1) b
    left join lateral (select t.id from {schema}.streams t where t.name = p_stream and not t.is_work limit 1) s on true;
  results := v_version;
  if v_is_plain and v_version <> p_version then
    refused := '[${STEP.version},0,' || v_version || ',null]';
  end if;
  if not v_is_plain or refused is not null then
    number := null;
    return;
  end if;
  v_stream_id := coalesce(v_stream_id, nextval('{schema}.stream_ids'));
  with batch as (
    insert into {schema}.batches values (number, head + 1, recorded_at, recorded_at)
  ), unit as (
    insert into {schema}.units (position, recorded_at, facts, id, correlation)
      values (head + 1, recorded_at, 1, p_unit, p_correlation)
  ), stream as (
    insert into {schema}.streams (id, is_work, name) select v_stream_id, false, p_stream where v_version = 0
  )
  insert into {schema}.facts (
    position, stream_id, version, recorded_at, ordinal, schema_version, unit, stream, type, data, meta, digest
  ) values (
    head + 1, v_stream_id, v_version + 1, recorded_at, 0, p_schema_version, p_unit, p_stream, p_type, p_data, p_meta, p_digest
  );
end
$commit$;
`;
