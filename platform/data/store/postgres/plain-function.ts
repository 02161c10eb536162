import { deleteEntries } from "./delete-entries.ts";
import { IS_JOINED } from "./join.ts";
import { STEP } from "./steps.ts";

/**
 * The statement that commits a plain batch (plain-batch.ts), where everything that a unit asks of another of the batch
 * was seen to beforehand: either all of its units commit, or it does nothing and answers no number, and says which units'
 * conditions do not hold (`refused`) or, by saying nothing, that the batch is `commit_1`'s. Sets of rows instead of steps, a
 * third of the cost. Lists are as in commit-function.ts; those that would say of each row what is usual (its unit's and its
 * stream's only event, a key that must be absent, an item or row that is put once) are left out.
 *
 * Streams of facts that must be new come first and are only looked for; those that may exist are looked up, with the version
 * that they must have, −1 for any but 0, or null; the first `p_written_streams` of all are appended to. Streams of work are
 * all looked up. A key is expected to have the value after `=`, to be absent (`-`), present (`+`), or anything; a null expiry
 * leaves it as it is, `-infinity` deletes it. `puts` says how often an item or row is put: 0 for deleted, below 0 for deleted
 * first. Every thousandth batch is left to `commit_1`, which then removes what is no longer needed.
 */
const SIGNATURE = `
create function {schema}.commit_plain_1(
  p_fence bigint, p_separator text,
  p_least_unit text, p_units text, p_correlations text, p_unit_facts integer[], p_unit_last integer[],
  p_new_streams text, p_old_streams text, p_old_versions bigint[], p_written_streams integer,
  p_fact_unit integer[], p_fact_stream integer[], p_fact_nth integer[], p_fact_ordinal integer[], p_fact_schema integer[],
  p_fact_type text, p_fact_data text, p_fact_meta text, p_fact_digests bytea,
  p_keys text default '', p_key_expected text default null, p_key_expires double precision[] default null,
  p_key_values text default '',
  p_due_queues text default '', p_due_ids text default '', p_due_expected bigint[] default null,
  p_due_puts integer[] default null, p_due_at bigint[] default null, p_due_payloads text default '',
  p_leases text default '', p_lease_tokens bigint[] default null,
  p_row_unit integer[] default null, p_row_puts integer[] default null, p_row_collections text default '',
  p_row_keys text default '', p_row_values text default '', p_row_entries text default '',
  p_entry_row integer[] default null, p_entry_indexes text default '', p_entries text default '',
  p_work_streams text default '', p_work_versions bigint[] default null, p_written_work integer default 0,
  p_work_unit integer[] default null, p_work_stream integer[] default null, p_work_nth integer[] default null,
  p_work_ordinal integer[] default null, p_work_schema integer[] default null,
  p_work_type text default '', p_work_data text default '', p_work_meta text default '',
  out number bigint, out head bigint, out recorded_at bigint, out results text, out refused text
) language plpgsql as $commit$
#variable_conflict use_column
declare
  v_locked text;
  v_now double precision;
  v_fact_recorded_at bigint;
  v_is_plain boolean;
  v_are_new boolean;
  v_units text[];
  v_streams text[];
  v_stream_id bigint[];
  v_version bigint[]; -- null as long as all streams are new
  v_old_id bigint[];
  v_old_version bigint[];
  v_work_streams text[];
  v_work_id bigint[];
  v_work_version bigint[];
  v_correlations text[];
  v_keys text[];
  v_due_queues text[];
  v_due_ids text[];
  v_row_collections text[];
  v_row_keys text[];
  v_against_streams text;
  v_against_work text;
  v_against_keys text;
  v_against_due text;
  v_against_leases text;
begin
`;

/** Of a stream: −1 stands for any version but 0, null for any. */
const IS_OTHER = "case when o.expected < 0 then o.version = 0 else o.version <> o.expected end";

const CHECK_STREAMS = `
  v_locked := pg_advisory_xact_lock(1145655888, '{schema}.batches'::regclass::oid::integer); -- as commit_1
  v_now := floor(extract(epoch from clock_timestamp()) * 1000);
  v_units := string_to_array(p_units, p_separator);
  v_streams := string_to_array(p_new_streams, p_separator);
  select b.number + 1, b.position, greatest(b.recorded_at, v_now::bigint), b.fact_recorded_at,
      ${IS_JOINED}
        and (b.number + 1) % 1000 <> 0
        and (p_least_unit > (select g.id from {schema}.units g order by g.id desc limit 1)
          or not exists (select from {schema}.units g where g.id = any(v_units))),
      not exists (select from {schema}.streams s where s.name = any(v_streams) and not s.is_work),
      array(select nextval('{schema}.stream_ids') from generate_series(1, least(p_written_streams, cardinality(v_streams))))
    into number, head, recorded_at, v_fact_recorded_at, v_is_plain, v_are_new, v_stream_id
    from {schema}.batches b order by b.number desc limit 1;
  if not v_is_plain then
    number := null;
    return;
  end if;
  if not v_are_new then
    select string_agg(json_build_array(${STEP.version}, n.place - 1, (
          select f.version from {schema}.facts f where f.stream_id = s.id order by f.version desc limit 1
        ), null)::text, ',')
      into v_against_streams
      from unnest(v_streams) with ordinality n (name, place) join {schema}.streams s on s.name = n.name and not s.is_work;
  end if;
  if p_old_streams <> '' then
    select array_agg(case when o.place <= p_written_streams then coalesce(o.id, nextval('{schema}.stream_ids')) end order by o.place),
        array_agg(o.version order by o.place),
        nullif(concat_ws(',', v_against_streams, string_agg(
          json_build_array(${STEP.version}, o.place - 1, o.version, null)::text, ',') filter (where ${IS_OTHER})), '')
      into v_old_id, v_old_version, v_against_streams
      from (
        select cardinality(v_streams) + n.place as place, n.expected, t.id, coalesce(
            (select f.version from {schema}.facts f where f.stream_id = t.id order by f.version desc limit 1), 0) as version
        from unnest(string_to_array(p_old_streams, p_separator), p_old_versions) with ordinality n (name, expected, place)
        left join lateral (select s.id from {schema}.streams s where s.name = n.name and not s.is_work limit 1) t on true
      ) o;
    v_version := array_fill(0::bigint, array[cardinality(v_streams)]) || v_old_version;
    v_stream_id := v_stream_id || v_old_id;
    v_streams := v_streams || string_to_array(p_old_streams, p_separator);
    results := array_to_string(v_old_version, ',');
  end if;
`;

const CHECK_WORK = `
  if p_work_streams <> '' then
    v_work_streams := string_to_array(p_work_streams, p_separator);
    select array_agg(case when o.place <= p_written_work then coalesce(o.id, nextval('{schema}.stream_ids')) end order by o.place),
        array_agg(o.version order by o.place),
        string_agg(json_build_array(${STEP.version}, coalesce(cardinality(v_streams), 0) + o.place - 1, o.version, null)::text, ',')
          filter (where ${IS_OTHER})
      into v_work_id, v_work_version, v_against_work
      from (
        select n.place, n.expected, t.id, coalesce(
            (select w.version from {schema}.work w where w.stream_id = t.id order by w.version desc limit 1), 0) as version
        from unnest(v_work_streams, p_work_versions) with ordinality n (name, expected, place)
        left join lateral (select s.id from {schema}.streams s where s.name = n.name and s.is_work limit 1) t on true
      ) o;
    results := concat_ws(',', results, array_to_string(v_work_version, ','));
  end if;
`;

const CHECK_STATE = `
  if p_keys <> '' then
    v_keys := string_to_array(p_keys, p_separator);
    select string_agg(json_build_array(${STEP.keyValue}, n.place - 1, null, k.value)::text, ',')
      into v_against_keys
      from unnest(v_keys, string_to_array(p_key_expected, p_separator)) with ordinality n (key, expected, place)
      left join lateral (
        select t.value from {schema}.keys t where t.key = n.key and t.expires_at > v_now limit 1
      ) k on true
      where n.key is not null and case coalesce(left(n.expected, 1), '-')
        when '-' then k.value is not null
        when '+' then k.value is null
        when '=' then k.value is distinct from substr(n.expected, 2)
        else false end;
  end if;
  if p_due_ids <> '' then
    v_due_queues := string_to_array(p_due_queues, p_separator);
    v_due_ids := string_to_array(p_due_ids, p_separator);
    if p_due_expected is not null then
      select string_agg(json_build_array(${STEP.due}, n.place - 1, coalesce(k.revision, 0), null)::text, ',')
        into v_against_due
        from unnest(v_due_queues, v_due_ids, p_due_expected) with ordinality n (queue, id, expected, place)
        left join lateral (select t.revision from {schema}.due t where t.queue = n.queue and t.id = n.id limit 1) k on true
        where n.expected <> coalesce(k.revision, 0);
    end if;
  end if;
  if p_leases <> '' then
    select string_agg(json_build_array(${STEP.leaseHeld}, n.place - 1, k.token, null)::text, ',')
      into v_against_leases
      from unnest(string_to_array(p_leases, p_separator), p_lease_tokens) with ordinality n (name, token, place)
      left join lateral (select t.token, t.expires_at from {schema}.leases t where t.name = n.name limit 1) k on true
      where not coalesce(k.token = n.token and k.expires_at > v_now, false);
  end if;
  refused := concat_ws(',', v_against_streams, v_against_work, v_against_keys, v_against_due, v_against_leases);
  if refused <> '' then
    number := null;
    return;
  end if;
`;

const WRITE_EVENTS = `
  with batch as (
    insert into {schema}.batches values (number, head + octet_length(p_fact_digests) / 32, recorded_at,
      case when p_fact_type <> '' then recorded_at else v_fact_recorded_at end)
  ), units as (
    insert into {schema}.units (position, recorded_at, facts, id, correlation)
      select head + coalesce(n.last, n.place), recorded_at, coalesce(n.facts, 1), n.id, n.correlation
      from unnest(v_units, string_to_array(p_correlations, p_separator), p_unit_facts, p_unit_last)
        with ordinality n (id, correlation, facts, last, place)
  ), streams as (
    insert into {schema}.streams (id, is_work, name)
      select n.id, false, n.name
      from unnest(v_stream_id, v_version, v_streams) with ordinality n (id, version, name, place)
      where coalesce(n.version, 0) = 0 and n.place <= p_written_streams
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
    ) with ordinality f (unit, stream, nth, ordinal, schema_version, type, data, meta, row)
    where f.type is not null;
`;

const WRITE_WORK = `
  if p_work_type <> '' then
    v_correlations := string_to_array(p_correlations, p_separator);
    with streams as (
      insert into {schema}.streams (id, is_work, name)
        select n.id, true, n.name
        from unnest(v_work_id, v_work_version, v_work_streams) with ordinality n (id, version, name, place)
        where n.version = 0 and n.place <= p_written_work
    )
    insert into {schema}.work (
      stream_id, version, recorded_at, ordinal, schema_version, unit, stream, correlation, type, data, meta
    ) select
        v_work_id[coalesce(w.stream, w.row)], v_work_version[coalesce(w.stream, w.row)] + coalesce(w.nth, 1), recorded_at,
        coalesce(w.ordinal, 0), coalesce(w.schema_version, 1), v_units[coalesce(w.unit, w.row)],
        v_work_streams[coalesce(w.stream, w.row)], v_correlations[coalesce(w.unit, w.row)], w.type, w.data, w.meta
      from unnest(
        p_work_unit, p_work_stream, p_work_nth, p_work_ordinal, p_work_schema, string_to_array(p_work_type, p_separator),
        string_to_array(p_work_data, p_separator), string_to_array(p_work_meta, p_separator)
      ) with ordinality w (unit, stream, nth, ordinal, schema_version, type, data, meta, row)
      where w.type is not null;
  end if;
`;

const WRITE_STATE = `
  if p_key_expires is not null then
    if '-infinity' = any(p_key_expires) then
      delete from {schema}.keys k using unnest(p_key_expires, v_keys) n (expires_at, key)
        where k.key = n.key and n.expires_at = '-infinity';
    end if;
    insert into {schema}.keys (expires_at, key, value)
      select n.expires_at, n.key, n.value
      from unnest(p_key_expires, v_keys, string_to_array(p_key_values, p_separator)) n (expires_at, key, value)
      where n.expires_at > '-infinity'
      on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at;
  end if;
  if p_due_puts is not null then
    delete from {schema}.due d using unnest(v_due_queues, v_due_ids, p_due_puts) n (queue, id, puts)
      where d.queue = n.queue and d.id = n.id and n.puts <= 0;
  end if;
  if p_due_at is not null then
    insert into {schema}.due as d (at, revision, queue, id, payload)
      select n.at, coalesce(abs(n.puts), 1), n.queue, n.id, n.payload
      from unnest(p_due_at, p_due_puts, v_due_queues, v_due_ids, string_to_array(p_due_payloads, p_separator))
        n (at, puts, queue, id, payload)
      where n.at is not null
      on conflict (queue, id)
        do update set at = excluded.at, revision = d.revision + excluded.revision, payload = excluded.payload;
  end if;
  if p_row_keys <> '' then
    v_row_collections := string_to_array(p_row_collections, p_separator);
    v_row_keys := string_to_array(p_row_keys, p_separator);
    ${deleteEntries("unnest(v_row_collections, v_row_keys) n (collection, key)")};
    if p_row_puts is not null then
      delete from {schema}.rows r using unnest(v_row_collections, v_row_keys, p_row_puts) n (collection, key, puts)
        where r.collection = n.collection and r.key = n.key and n.puts <= 0;
    end if;
    with entries as (
      insert into {schema}.entries (collection, index, entry, key)
        select v_row_collections[e.row], e.index, e.entry, v_row_keys[e.row]
        from unnest(p_entry_row, string_to_array(p_entry_indexes, p_separator), string_to_array(p_entries, p_separator))
          e (row, index, entry)
    )
    insert into {schema}.rows as r (revision, position, recorded_at, collection, key, value, entries)
      select coalesce(abs(n.puts), 1), head + coalesce(p_unit_last[coalesce(n.unit, n.place)], coalesce(n.unit, n.place)),
        recorded_at, n.collection, n.key, n.value, nullif(n.entries, '')
      from unnest(
        p_row_unit, p_row_puts, v_row_collections, v_row_keys, string_to_array(p_row_values, p_separator),
        string_to_array(p_row_entries, p_separator)
      ) with ordinality n (unit, puts, collection, key, value, entries, place)
      where n.key is not null and n.puts is distinct from 0
      on conflict (collection, key) do update set revision = r.revision + excluded.revision, position = excluded.position,
        recorded_at = excluded.recorded_at, value = excluded.value, entries = excluded.entries;
  end if;
end
$commit$;
`;

export const PLAIN_FUNCTION = [SIGNATURE, CHECK_STREAMS, CHECK_WORK, CHECK_STATE, WRITE_EVENTS, WRITE_WORK, WRITE_STATE].join("");
