import { IS_JOINED } from "./join.ts";

/**
 * The statement that commits a plain batch (plain-batch.ts), where everything that a unit asks of another of the batch
 * was seen to beforehand: either all of its units commit, or it does nothing and answers no number, and the batch is
 * `commit_1`'s. Sets of rows instead of steps, a third of the cost. Lists are as in commit-function.ts; those that would
 * say of each row what is usual (its unit's and its stream's only fact) are left out.
 *
 * Streams that must be new come first and are only looked for; those that may exist are looked up, with the version that
 * they must have or null. Every thousandth batch is left to `commit_1`, which then removes what is no longer needed.
 */
export const PLAIN_FUNCTION = `
create function {schema}.commit_plain_1(
  p_fence bigint, p_separator text,
  p_least_unit text, p_units text, p_correlations text, p_unit_facts integer[], p_unit_last integer[],
  p_new_streams text, p_old_streams text, p_old_versions bigint[],
  p_fact_unit integer[], p_fact_stream integer[], p_fact_nth integer[], p_fact_ordinal integer[], p_fact_schema integer[],
  p_fact_type text, p_fact_data text, p_fact_meta text, p_fact_digests bytea,
  out number bigint, out head bigint, out recorded_at bigint, out results text
) language plpgsql as $commit$
#variable_conflict use_column
declare
  v_locked text;
  v_is_plain boolean;
  v_units text[];
  v_streams text[];
  v_stream_id bigint[];
  v_version bigint[]; -- null as long as all streams are new
  v_old_id bigint[];
  v_old_version bigint[];
begin
  v_locked := pg_advisory_xact_lock(1145655888, '{schema}.batches'::regclass::oid::integer); -- as commit_1
  v_units := string_to_array(p_units, p_separator);
  v_streams := string_to_array(p_new_streams, p_separator);
  select b.number + 1, b.position, greatest(b.recorded_at, floor(extract(epoch from clock_timestamp()) * 1000)::bigint),
      ${IS_JOINED}
        and (b.number + 1) % 1000 <> 0
        and (p_least_unit > (select g.id from {schema}.units g order by g.id desc limit 1)
          or not exists (select from {schema}.units g where g.id = any(v_units)))
        and not exists (select from {schema}.streams s where s.name = any(v_streams) and not s.is_work),
      array(select nextval('{schema}.stream_ids') from generate_series(1, cardinality(v_streams)))
    into number, head, recorded_at, v_is_plain, v_stream_id
    from {schema}.batches b order by b.number desc limit 1;
  if v_is_plain and p_old_streams <> '' then
    select array_agg(coalesce(o.id, nextval('{schema}.stream_ids')) order by o.place),
        array_agg(o.version order by o.place), bool_and(coalesce(o.version = o.expected, true))
      into v_old_id, v_old_version, v_is_plain
      from (
        select n.place, n.expected, t.id, coalesce(
            (select f.version from {schema}.facts f where f.stream_id = t.id order by f.version desc limit 1), 0) as version
        from unnest(string_to_array(p_old_streams, p_separator), p_old_versions) with ordinality n (name, expected, place)
        left join lateral (select s.id from {schema}.streams s where s.name = n.name and not s.is_work limit 1) t on true
      ) o;
    v_version := array_fill(0::bigint, array[cardinality(v_streams)]) || v_old_version;
    v_stream_id := v_stream_id || v_old_id;
    v_streams := v_streams || string_to_array(p_old_streams, p_separator);
    results := array_to_string(v_old_version, ',');
  end if;
  if not v_is_plain then
    number := null;
    return;
  end if;
  with batch as (
    insert into {schema}.batches values (number, head + octet_length(p_fact_digests) / 32, recorded_at, recorded_at)
  ), units as (
    insert into {schema}.units (position, recorded_at, facts, id, correlation)
      select head + coalesce(n.last, n.place), recorded_at, coalesce(n.facts, 1), n.id, n.correlation
      from unnest(v_units, string_to_array(p_correlations, p_separator), p_unit_facts, p_unit_last)
        with ordinality n (id, correlation, facts, last, place)
  ), streams as (
    insert into {schema}.streams (id, is_work, name)
      select n.id, false, n.name from unnest(v_stream_id, v_version, v_streams) n (id, version, name)
      where coalesce(n.version, 0) = 0
  )
  insert into {schema}.facts (
    position, stream_id, version, recorded_at, ordinal, schema_version, unit, stream, type, data, meta, digest
  ) select
      head + f.row, v_stream_id[coalesce(f.stream, f.row)],
      coalesce(v_version[coalesce(f.stream, f.row)], 0) + coalesce(f.nth, 1), recorded_at,
      coalesce(f.ordinal, 0), coalesce(f.schema_version, 1), v_units[coalesce(f.unit, f.row)],
      v_streams[coalesce(f.stream, f.row)], f.type, f.data, f.meta,
      substring(p_fact_digests from ((f.row - 1) * 32 + 1)::integer for 32)
    from unnest(
      p_fact_unit, p_fact_stream, p_fact_nth, p_fact_ordinal, p_fact_schema, string_to_array(p_fact_type, p_separator),
      string_to_array(p_fact_data, p_separator), string_to_array(p_fact_meta, p_separator)
    ) with ordinality f (unit, stream, nth, ordinal, schema_version, type, data, meta, row);
end
$commit$;
`;
