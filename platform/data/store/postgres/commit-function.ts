import { deleteEntries } from "./delete-entries.ts";
import { IS_JOINED, MUST_JOIN } from "./join.ts";
import { STEP } from "./steps.ts";

/**
 * The statement that commits a batch. Lists of text arrive as one text with a separator, because that is several times
 * cheaper to read than an array's literal; lists of numbers as arrays, those of facts as their literals. A list that would
 * say the same of each (a fact is its unit's only one, of schema version 1; a step has no text) is left out. `units`, `steps`, `facts` and so on are columns of
 * equal length, a unit's (step's, fact's) values at the same place of each; `cells` are the distinct streams, keys, due
 * items, leases and rows that the steps name by their place.
 *
 * The log is locked first and until the commit, so batches run one after another, whatever process sent them: what a
 * batch reads is what it writes upon, positions follow commit order, and there is no second lock to wait for.
 */
const SIGNATURE = `
create function {schema}.commit_1(
  p_fence bigint, p_separator text,
  p_least_unit text, p_units text, p_correlations text, p_unit_facts integer[], p_unit_before integer[],
  p_streams text, p_stream_is_work boolean[], p_has_state boolean, p_keys text, p_due_queues text, p_due_ids text, p_leases text,
  p_row_collections text, p_row_keys text,
  p_step_unit integer[], p_step_kind integer[], p_step_cell integer[], p_step_number double precision[],
  p_step_text text, p_step_entries text,
  p_fact_step text, p_fact_nth text, p_fact_place text, p_fact_ordinal text, p_fact_schema text,
  p_fact_type text, p_fact_data text, p_fact_meta text, p_fact_digests bytea,
  p_work_step integer[], p_work_nth integer[], p_work_ordinal integer[], p_work_schema integer[],
  p_work_type text, p_work_data text, p_work_meta text,
  out number bigint, out head bigint, out recorded_at bigint, out results text, out repeated text, out refused text
) language plpgsql as $commit$
#variable_conflict use_column
declare
  v_now double precision;
  v_lock_class constant integer := 1145655888; -- 'DYBP': nobody else's
  v_is_joined boolean;
  v_is_new boolean;
  v_fact_recorded_at bigint;
  v_count integer := cardinality(p_unit_facts);
  v_facts bigint := 0;
  v_is_committing boolean := false;
  v_is_plain boolean := true;
  v_units text[];
  v_correlations text[];
  v_text text[];
  v_entries text[];
  -- Of each unit: null as long as nothing is against it, the step that refused it, or 0 for an id committed before.
  v_against integer[];
  v_before integer[] := p_unit_before;
  -- Of each append the stream's version after it, of each lease taken its token; null of other steps.
  v_result bigint[];
  v_repeated json;
  v_places integer[];
  v_refused_step integer[];
  v_refused_number double precision[];
  v_refused_text text[];
  u integer;
  c integer;
  v_kind integer;
  v_holds boolean;
  v_number double precision;
  v_found text;
  v_streams text[];
  v_stream_known bigint[];
  v_stream_id bigint[];
  v_version bigint[];
  v_stream_reset integer[];
  v_keys text[];
  v_key_value text[];
  v_key_last integer[];
  v_due_queues text[];
  v_due_ids text[];
  v_due_revision bigint[];
  v_due_last integer[];
  v_leases text[];
  v_lease_owner text[];
  v_lease_token bigint[];
  v_lease_until double precision[];
  v_lease_last integer[];
  v_row_collections text[];
  v_row_keys text[];
  v_row_puts integer[];
  v_row_reset boolean[];
  v_row_last integer[];
begin
`;

const LOCK = `
  v_found := pg_advisory_xact_lock(v_lock_class, '{schema}.batches'::regclass::oid::integer);
  v_now := floor(extract(epoch from clock_timestamp()) * 1000);
  v_streams := string_to_array(p_streams, p_separator);
  select b.number, b.position, greatest(b.recorded_at, v_now), b.fact_recorded_at,
      ${IS_JOINED},
      p_least_unit > (select g.id from {schema}.units g order by g.id desc limit 1),
      k.ids, k.versions
    into number, head, recorded_at, v_fact_recorded_at, v_is_joined, v_is_new, v_stream_known, v_version
    from (select * from {schema}.batches order by number desc limit 1) b
    cross join lateral (
      select array_agg(o.id) as ids, array_agg(coalesce(o.version, 0)) as versions from (
        select t.id, case when n.is_work
            then (select w.version from {schema}.work w where w.stream_id = t.id order by w.version desc limit 1)
            else (select f.version from {schema}.facts f where f.stream_id = t.id order by f.version desc limit 1) end as version
          from unnest(v_streams, p_stream_is_work) with ordinality n (name, is_work, place)
          left join lateral (
            select s.id from {schema}.streams s where s.name = n.name and s.is_work = n.is_work limit 1
          ) t on true
          order by n.place
      ) o
    ) k;
  v_stream_id := v_stream_known;
  if not v_is_joined then
    raise exception 'the writer must join the log again' using errcode = '${MUST_JOIN}';
  end if;
  v_units := string_to_array(p_units, p_separator);
  if not v_is_new then
    select json_agg(json_build_array(n.place - 1, g.position, g.recorded_at)), array_agg(n.place)
      into v_repeated, v_places
      from unnest(v_units) with ordinality n (id, place)
      cross join lateral (select k.position, k.recorded_at from {schema}.units k where k.id = n.id limit 1) g;
    foreach u in array coalesce(v_places, '{}') loop
      v_against[u] := 0;
      v_is_plain := false;
    end loop;
  end if;
`;

const LOAD = `
  if p_has_state then
    v_text := string_to_array(p_step_text, p_separator);
  if p_keys <> '' then
    v_keys := string_to_array(p_keys, p_separator);
    select array_agg(case when k.expires_at > v_now then k.value end order by n.place)
      into v_key_value
      from unnest(v_keys) with ordinality n (key, place)
      left join lateral (select t.value, t.expires_at from {schema}.keys t where t.key = n.key limit 1) k on true;
    v_key_last := array_fill(0, array[cardinality(v_keys)]);
  end if;
  if p_due_ids <> '' then
    v_due_queues := string_to_array(p_due_queues, p_separator);
    v_due_ids := string_to_array(p_due_ids, p_separator);
    select array_agg(coalesce(k.revision, 0) order by n.place)
      into v_due_revision
      from unnest(v_due_queues, v_due_ids) with ordinality n (queue, id, place)
      left join lateral (select t.revision from {schema}.due t where t.queue = n.queue and t.id = n.id limit 1) k on true;
    v_due_last := array_fill(0, array[cardinality(v_due_ids)]);
  end if;
  if p_leases <> '' then
    v_leases := string_to_array(p_leases, p_separator);
    select array_agg(k.owner order by n.place), array_agg(k.token order by n.place), array_agg(k.expires_at order by n.place)
      into v_lease_owner, v_lease_token, v_lease_until
      from unnest(v_leases) with ordinality n (name, place)
      left join lateral (select t.owner, t.token, t.expires_at from {schema}.leases t where t.name = n.name limit 1) k on true;
    v_lease_last := array_fill(0, array[cardinality(v_leases)]);
  end if;
  if p_row_keys <> '' then
    v_row_collections := string_to_array(p_row_collections, p_separator);
    v_row_keys := string_to_array(p_row_keys, p_separator);
    v_entries := string_to_array(p_step_entries, p_separator);
    v_row_puts := array_fill(0, array[cardinality(v_row_keys)]);
    v_row_reset := array_fill(false, array[cardinality(v_row_keys)]);
    v_row_last := v_row_puts;
  end if;
  end if;
`;

/** A condition that fails sets `v_holds`, and what it found; an effect changes the cell for the steps after it. */
const DECIDE = `
  for s in 1 .. coalesce(cardinality(p_step_unit), 0) loop
    u := p_step_unit[s];
    continue when v_against[u] is not null;
    c := p_step_cell[s];
    v_kind := p_step_kind[s];
    if v_kind = ${STEP.append} then
      if v_stream_id[c] is null and p_step_number[s] > 0 then
        v_stream_id[c] := nextval('{schema}.stream_ids');
      end if;
      v_version[c] := v_version[c] + p_step_number[s];
      v_result[s] := v_version[c];
      continue;
    elsif v_kind = ${STEP.version} and v_version[c] = p_step_number[s] then
      continue;
    elsif v_kind = ${STEP.putRow} then
      v_row_puts[c] := v_row_puts[c] + 1;
      v_row_last[c] := s;
      continue;
    elsif v_kind = ${STEP.putKey} then
      v_key_value[c] := case when p_step_number[s] > v_now then v_text[s] end;
      v_key_last[c] := s;
      continue;
    end if;
    v_holds := true;
    v_number := null;
    v_found := null;
    if v_kind = ${STEP.version} then
      v_number := v_version[c];
      v_holds := v_number = p_step_number[s];
    elsif v_kind = ${STEP.exists} then
      v_number := v_version[c];
      v_holds := v_number > 0;
    elsif v_kind = ${STEP.keyAbsent} then
      v_found := v_key_value[c];
      v_holds := v_found is null;
    elsif v_kind = ${STEP.keyPresent} then
      v_found := v_key_value[c];
      v_holds := v_found is not null;
    elsif v_kind = ${STEP.keyValue} then
      v_found := v_key_value[c];
      v_holds := coalesce(v_found = v_text[s], false);
    elsif v_kind = ${STEP.due} then
      v_number := v_due_revision[c];
      v_holds := v_number = p_step_number[s];
    elsif v_kind = ${STEP.schedule} then
      v_due_revision[c] := v_due_revision[c] + 1;
      v_due_last[c] := s;
    elsif v_kind = ${STEP.finish} then
      v_due_revision[c] := 0;
      v_due_last[c] := s;
    elsif v_kind = ${STEP.leaseHeld} then
      v_number := v_lease_token[c];
      v_holds := coalesce(v_lease_until[c] > v_now and v_number = p_step_number[s], false);
    elsif v_kind = ${STEP.leaseFree} then
      v_found := v_lease_owner[c];
      v_holds := coalesce(v_lease_until[c] <= v_now or v_found = v_text[s], true);
    elsif v_kind = ${STEP.takeLease} then
      if not coalesce(v_lease_until[c] > v_now and v_lease_owner[c] = v_text[s], false) then
        v_lease_token[c] := coalesce(v_lease_token[c], 0) + 1;
      end if;
      v_lease_owner[c] := v_text[s];
      v_lease_until[c] := v_now + p_step_number[s];
      v_lease_last[c] := s;
      v_result[s] := v_lease_token[c];
    elsif v_kind = ${STEP.freeLease} then
      v_lease_until[c] := 0;
      v_lease_last[c] := s;
    elsif v_kind = ${STEP.deleteKey} then
      v_key_value[c] := null;
      v_key_last[c] := s;
    elsif v_kind = ${STEP.deleteRow} then
      v_row_puts[c] := 0;
      v_row_reset[c] := true;
      v_row_last[c] := s;
    elsif v_kind = ${STEP.deleteWork} then
      v_version[c] := 0;
      v_stream_reset[c] := s;
    elsif v_kind = ${STEP.sameId} then
      if coalesce(v_against[c], 0) = 0 then
        v_against[u] := 0;
        v_is_plain := false;
      end if;
    else
      raise exception 'unknown step %', v_kind;
    end if;
    if not v_holds then
      v_against[u] := s;
      v_is_plain := false;
      v_refused_step := v_refused_step || s;
      v_refused_number := v_refused_number || v_number;
      v_refused_text := v_refused_text || v_found;
    end if;
  end loop;
`;

const OUTCOMES = `
  if v_is_plain then
    v_is_committing := true;
    v_facts := v_before[v_count] + p_unit_facts[v_count];
  else
    for u in 1 .. v_count loop
      v_before[u] := v_facts;
      if v_against[u] is null then
        v_is_committing := true;
        v_facts := v_facts + p_unit_facts[u];
      end if;
    end loop;
  end if;
  results := array_to_string(v_result, ',');
  repeated := v_repeated;
  if v_refused_step is not null then
    select json_agg(json_build_array(r.step - 1, r.number, r.found))
      into refused
      from unnest(v_refused_step, v_refused_number, v_refused_text) r (step, number, found);
  end if;
  if not v_is_committing then
    return;
  end if;
  number := number + 1;
  if number % 1000 = 0 then
    delete from {schema}.batches b where b.number < commit_1.number - 1000;
  end if;
`;

/** One statement for what every batch writes: starting one costs as much as a row or two. */
const WRITE_EVENTS = `
  if v_stream_reset is not null then
    for c in 1 .. cardinality(v_streams) loop
      continue when v_stream_reset[c] is null;
      delete from {schema}.work w where w.stream_id = v_stream_known[c];
      delete from {schema}.streams t where t.name = v_streams[c] and t.is_work and v_version[c] = 0;
    end loop;
  end if;
  with batch as (
    insert into {schema}.batches values (
      number, head + v_facts, recorded_at, case when v_facts > 0 then recorded_at else v_fact_recorded_at end
    )
  ), units as (
    insert into {schema}.units (position, recorded_at, facts, id, correlation)
      select head + v_before[n.place] + p_unit_facts[n.place], recorded_at, p_unit_facts[n.place], n.id, n.correlation
      from unnest(v_units, string_to_array(p_correlations, p_separator)) with ordinality n (id, correlation, place)
      where v_against[n.place] is null
  ), streams as (
    insert into {schema}.streams (id, is_work, name)
      select n.id, n.is_work, n.name
      from unnest(v_streams, p_stream_is_work, v_stream_id, v_stream_known, v_version) n (name, is_work, id, known, version)
      where n.known is null and n.id is not null and n.version > 0
  )
  insert into {schema}.facts (
    position, stream_id, version, recorded_at, ordinal, schema_version, unit, stream, type, data, meta, digest
  ) select
      head + v_before[p_step_unit[f.step]] + coalesce(f.place, 1),
      v_stream_id[p_step_cell[f.step]],
      v_result[f.step] - p_step_number[f.step] + coalesce(f.nth, 1),
      recorded_at, coalesce(f.ordinal, 0), coalesce(f.schema_version, 1),
      v_units[p_step_unit[f.step]], v_streams[p_step_cell[f.step]], f.type, f.data, f.meta,
      substring(p_fact_digests from ((f.row - 1) * 32 + 1)::integer for 32)
    from unnest(
      p_fact_step::integer[], p_fact_nth::integer[], p_fact_place::integer[], p_fact_ordinal::integer[],
      p_fact_schema::integer[], string_to_array(p_fact_type, p_separator), string_to_array(p_fact_data, p_separator),
      string_to_array(p_fact_meta, p_separator)
    ) with ordinality f (step, nth, place, ordinal, schema_version, type, data, meta, row)
    where v_against[p_step_unit[f.step]] is null and f.step is not null;
  if p_work_type <> '' then
    v_correlations := string_to_array(p_correlations, p_separator);
    insert into {schema}.work (
      stream_id, version, recorded_at, ordinal, schema_version, unit, stream, correlation, type, data, meta
    ) select
        v_stream_id[p_step_cell[w.step]],
        v_result[w.step] - p_step_number[w.step] + w.nth,
        recorded_at, w.ordinal, w.schema_version,
        v_units[p_step_unit[w.step]], v_streams[p_step_cell[w.step]],
        v_correlations[p_step_unit[w.step]], w.type, w.data, w.meta
      from unnest(
        p_work_step, p_work_nth, p_work_ordinal, p_work_schema, string_to_array(p_work_type, p_separator),
        string_to_array(p_work_data, p_separator), string_to_array(p_work_meta, p_separator)
      ) w (step, nth, ordinal, schema_version, type, data, meta)
      where v_against[p_step_unit[w.step]] is null and w.step > coalesce(v_stream_reset[p_step_cell[w.step]], 0);
  end if;
`;

const WRITE_STATE = `
  if not p_has_state then
    return;
  end if;
  if v_keys is not null then
    delete from {schema}.keys k
      using unnest(v_keys, v_key_last) n (key, last)
      where k.key = n.key and n.last > 0 and p_step_kind[n.last] = ${STEP.deleteKey};
    insert into {schema}.keys (expires_at, key, value)
      select p_step_number[n.last], n.key, v_text[n.last]
      from unnest(v_keys, v_key_last) n (key, last)
      where n.last > 0 and p_step_kind[n.last] = ${STEP.putKey}
      on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at;
  end if;
  if v_due_ids is not null then
    delete from {schema}.due d
      using unnest(v_due_queues, v_due_ids, v_due_last) n (queue, id, last)
      where d.queue = n.queue and d.id = n.id and n.last > 0 and p_step_kind[n.last] = ${STEP.finish};
    insert into {schema}.due (at, revision, queue, id, payload)
      select p_step_number[n.last], n.revision, n.queue, n.id, v_text[n.last]
      from unnest(v_due_queues, v_due_ids, v_due_last, v_due_revision) n (queue, id, last, revision)
      where n.last > 0 and p_step_kind[n.last] = ${STEP.schedule}
      on conflict (queue, id) do update set at = excluded.at, revision = excluded.revision, payload = excluded.payload;
  end if;
  if v_leases is not null then
    insert into {schema}.leases (token, expires_at, name, owner)
      select n.token, n.until, n.name, n.owner
      from unnest(v_leases, v_lease_last, v_lease_token, v_lease_until, v_lease_owner) n (name, last, token, until, owner)
      where n.last > 0
      on conflict (name) do update set token = excluded.token, expires_at = excluded.expires_at, owner = excluded.owner;
  end if;
  if v_row_keys is not null then
    ${deleteEntries("(select * from unnest(v_row_collections, v_row_keys, v_row_last) c (collection, key, last) where c.last > 0) n")};
    delete from {schema}.rows r
      using unnest(v_row_collections, v_row_keys, v_row_reset) n (collection, key, is_reset)
      where r.collection = n.collection and r.key = n.key and n.is_reset;
    insert into {schema}.rows as r (revision, position, recorded_at, collection, key, value, entries)
      select n.puts, head + v_before[p_step_unit[n.last]] + p_unit_facts[p_step_unit[n.last]], recorded_at,
        n.collection, n.key, v_text[n.last], nullif(v_entries[n.last], '')
      from unnest(v_row_collections, v_row_keys, v_row_puts, v_row_last) n (collection, key, puts, last)
      where n.puts > 0
      on conflict (collection, key) do update set revision = r.revision + excluded.revision, position = excluded.position,
        recorded_at = excluded.recorded_at, value = excluded.value, entries = excluded.entries;
    if p_step_entries <> '' then
      insert into {schema}.entries (collection, index, entry, key)
        select distinct n.collection, i.key, t.entry, n.key
        from unnest(v_row_collections, v_row_keys, v_row_puts, v_row_last) n (collection, key, puts, last)
        cross join lateral json_each(nullif(v_entries[n.last], '')::json) i
        cross join lateral json_array_elements_text(i.value) t (entry)
        where n.puts > 0;
    end if;
  end if;
end
$commit$;
`;

export const COMMIT_FUNCTION = [SIGNATURE, LOCK, LOAD, DECIDE, OUTCOMES, WRITE_EVENTS, WRITE_STATE].join("");
