import { inSchema, migrate } from "../../platform/data/store/postgres/schema.ts";
import { connect, type Client } from "../../platform/data/store/postgres/client.ts";
import { rawRecord, type RawRecord } from "../raw-record.ts";
import { orderPartsOf, type OneFact, type OrderParts, type Streams } from "../workload.ts";

const SEPARATOR = "\u001f";

/**
 * One statement a batch: the columns of all rows, each as one text, split and unnested; the database only inserts, what
 * the rows hold (positions, ids of streams, versions) is counted here.
 */
const EVENTS = `
  b as (insert into {schema}.batches values ($1, $2, $3, $3)),
  t as materialized (
    select * from unnest(
      string_to_array($4, $14)::bigint[], string_to_array($5, $14)::bigint[], string_to_array($6, $14)::bigint[],
      string_to_array($7, $14), string_to_array($8, $14), string_to_array($9, $14), string_to_array($10, $14),
      string_to_array($11, $14), string_to_array($12, $14)
    ) with ordinality t (position, stream_id, version, unit, correlation, stream, type, data, meta, row)
  ),
  s as (insert into {schema}.streams (id, is_work, name) select stream_id, false, stream from t where version = 1),
  u as (
    insert into {schema}.units (position, recorded_at, facts, id, correlation)
      select position, $3::bigint, 1, unit, correlation from t
  )
  insert into {schema}.facts (
    position, stream_id, version, recorded_at, ordinal, schema_version, unit, stream, type, data, meta, digest
  ) select position, stream_id, version, $3::bigint, 0, 1, unit, stream, type, data, meta,
      substring($13::bytea from ((row - 1) * 32 + 1)::integer for 32) from t`;

/** A row with two index entries and an answer under a key, beside each event. */
const ORDERS = `
  o as materialized (
    select * from unnest(
      string_to_array($15, $14), string_to_array($16, $14), string_to_array($17, $14), string_to_array($18, $14),
      string_to_array($19, $14), string_to_array($20, $14), string_to_array($21, $14)
    ) with ordinality o (key, value, entries, placed, status, answer_key, answer, row)
  ),
  r as (
    insert into {schema}.rows (revision, position, recorded_at, collection, key, value, entries)
      select 1, $22::bigint + o.row, $3::bigint, 'orders', o.key, o.value, o.entries from o
  ),
  p as (insert into {schema}.entries (collection, index, entry, key) select 'orders', 'placed', o.placed, o.key from o),
  e as (insert into {schema}.entries (collection, index, entry, key) select 'orders', 'status', o.status, o.key from o),
  k as (insert into {schema}.keys (expires_at, key, value) select $23::double precision, o.answer_key, o.answer from o),`;

/** Hand-written appends to the tables and indexes of Daybook's store. Facts of long streams come in order. */
export class RawPostgres {
  private readonly client: Client;
  private readonly statement: string;
  private readonly streams: Streams;
  private readonly streamIds = new Map<string, number>();
  private position = 0;
  private batch = 0;

  private constructor(client: Client, statement: string, streams: Streams) {
    this.client = client;
    this.streams = streams;
    this.statement = statement;
  }

  static async open(url: string, schema: string, streams: Streams, connections: number): Promise<RawPostgres> {
    const owner = connect({ url, name: "bench-schema", connections: 1 });
    await migrate(owner, schema);
    await owner.end();
    const statement = inSchema(schema)(streams === "orders" ? `with ${ORDERS} ${EVENTS}` : `with ${EVENTS}`);
    return new RawPostgres(connect({ url, name: "bench-raw", connections }), statement, streams);
  }

  /** One transaction. */
  async append(facts: readonly OneFact[]): Promise<void> {
    const records = facts.map(rawRecord);
    const column = (of: (record: RawRecord) => string | number) => records.map(of).join(SEPARATOR);
    const first = this.position + 1;
    this.position += facts.length;
    const positions = records.map((_, index) => first + index);
    const ids = records.map(({ stream }, index) => this.streamId(stream, first + index));
    await this.client.unsafe(
      this.statement,
      [
        ++this.batch,
        this.position,
        Date.now(),
        positions.join(SEPARATOR),
        ids.join(SEPARATOR),
        column(({ version }) => version),
        column(({ unitId }) => unitId),
        column(({ cause }) => cause.correlation),
        column(({ stream }) => stream),
        column(({ type }) => type),
        column(({ data }) => data),
        column(({ meta }) => meta),
        Buffer.concat(records.map(({ digest }) => digest)),
        SEPARATOR,
        ...(this.streams === "orders" ? orderColumns(facts, first - 1) : []),
      ],
      { prepare: true },
    );
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** A stream's number is the position of its first fact; fresh ones are not remembered. */
  private streamId(stream: string, position: number): number {
    if (this.streams === "fresh" || this.streams === "orders") return position;
    const known = this.streamIds.get(stream);
    if (known === undefined) this.streamIds.set(stream, position);
    return known ?? position;
  }
}

function orderColumns(facts: readonly OneFact[], before: number): readonly (string | number)[] {
  const parts = facts.map(orderPartsOf);
  const column = (of: (part: OrderParts) => string | undefined) => parts.map(of).join(SEPARATOR);
  return [
    column(({ row }) => row.key),
    column(({ row }) => row.value),
    column(({ row }) => JSON.stringify(row.index)),
    column(({ row }) => row.index["placed"]?.[0]),
    column(({ row }) => row.index["status"]?.[0]),
    column(({ answer }) => answer.key),
    column(({ answer }) => answer.value),
    before,
    parts[0]?.answer.expiresAt ?? 0,
  ];
}
