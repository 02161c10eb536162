import { inSchema, migrate } from "../../platform/data/store/postgres/schema.ts";
import { connect, type Client } from "../../platform/data/store/postgres/client.ts";
import { rawRecord, type RawRecord } from "../raw-record.ts";
import type { OneFact, Streams } from "../workload.ts";

const SEPARATOR = "\u001f";

/**
 * One statement a batch: the columns of all rows, each as one text, split and unnested; the database only inserts, what
 * the rows hold (positions, ids of streams, versions) is counted here.
 */
const INSERT = `with
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
    return new RawPostgres(connect({ url, name: "bench-raw", connections }), inSchema(schema)(INSERT), streams);
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
      ],
      { prepare: true },
    );
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** A stream's number is the position of its first fact; fresh ones are not remembered. */
  private streamId(stream: string, position: number): number {
    if (this.streams === "fresh") return position;
    const known = this.streamIds.get(stream);
    if (known === undefined) this.streamIds.set(stream, position);
    return known ?? position;
  }
}
