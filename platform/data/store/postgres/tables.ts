/**
 * Format 1. What is written with every unit is only ever inserted, never updated: a long snapshot (a backup) then costs
 * writers nothing, because there are no dead versions of a hot row to pass over. A stream's version and the log's head
 * are therefore the last entries of indexes. All text is compared by code point (collation "C").
 */
export const TABLES = `
create table {schema}.log (
  is_only boolean primary key default true check (is_only),
  epoch bigint not null,
  life text collate "C" not null,
  timeline text collate "C" not null,
  fence bigint not null
);
comment on column {schema}.log.life is 'Cluster, database and table that the epoch is of: other ones in a copy.';
comment on column {schema}.log.timeline is 'PostgreSQL''s timeline that the epoch is of: another one after a failover or a restore to a point in time.';
comment on column {schema}.log.fence is 'Only statements sent under this number are still done.';
insert into {schema}.log (epoch, life, timeline, fence) values (1, '', '', 0);

create table {schema}.batches (
  number bigint primary key,
  position bigint not null,
  recorded_at bigint not null,
  fact_recorded_at bigint not null
);
comment on table {schema}.batches is 'The last one is the head of the log; older ones are removed.';
insert into {schema}.batches values (0, 0, 0, 0);

create table {schema}.units (
  position bigint not null,
  recorded_at bigint not null,
  facts integer not null,
  id text collate "C" primary key,
  correlation text collate "C" not null
);
create index units_by_correlation on {schema}.units (correlation, position) where facts > 0;

create sequence {schema}.stream_ids;
create table {schema}.streams (
  id bigint not null,
  is_work boolean not null,
  name text collate "C" not null,
  primary key (name, is_work)
);

create table {schema}.facts (
  position bigint primary key,
  stream_id bigint not null,
  version bigint not null,
  recorded_at bigint not null,
  ordinal integer not null,
  schema_version integer not null,
  unit text collate "C" not null,
  stream text collate "C" not null,
  type text collate "C" not null,
  data text collate "C" not null,
  meta text collate "C" not null,
  digest bytea not null check (octet_length(digest) = 32)
);
create unique index facts_by_stream on {schema}.facts (stream_id, version);

create table {schema}.work (
  stream_id bigint not null,
  version bigint not null,
  recorded_at bigint not null,
  ordinal integer not null,
  schema_version integer not null,
  unit text collate "C" not null,
  stream text collate "C" not null,
  correlation text collate "C" not null,
  type text collate "C" not null,
  data text collate "C" not null,
  meta text collate "C" not null,
  primary key (stream_id, version)
);
create index work_by_correlation on {schema}.work (correlation, stream, version);

create table {schema}.keys (
  expires_at double precision not null,
  key text collate "C" primary key,
  value text collate "C" not null
) with (fillfactor = 70);
create index keys_by_expiry on {schema}.keys (expires_at) where expires_at < 'infinity';

create table {schema}.due (
  at bigint not null,
  revision bigint not null,
  queue text collate "C" not null,
  id text collate "C" not null,
  payload text collate "C" not null,
  primary key (queue, id)
) with (autovacuum_vacuum_scale_factor = 0.02);
create index due_by_time on {schema}.due (queue, at, id);

create table {schema}.leases (
  token bigint not null,
  expires_at double precision not null,
  name text collate "C" primary key,
  owner text collate "C" not null
) with (fillfactor = 50);

create table {schema}.rows (
  revision bigint not null,
  position bigint not null,
  recorded_at bigint not null,
  collection text collate "C" not null,
  key text collate "C" not null,
  value text collate "C" not null,
  entries text collate "C",
  primary key (collection, key)
) with (fillfactor = 85);
comment on column {schema}.rows.entries is 'JSON: entries by index name; null without any.';

create table {schema}.entries (
  collection text collate "C" not null,
  index text collate "C" not null,
  entry text collate "C" not null,
  key text collate "C" not null,
  primary key (collection, index, entry, key)
);
`;
