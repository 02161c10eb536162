import { connect, type Client } from "../../platform/data/store/postgres/client.ts";
import { inSchema, migrate } from "../../platform/data/store/postgres/schema.ts";
import { payloadOf, QUEUE, VISIBILITY_MS, type RawJob } from "./raw-job.ts";

const SEPARATOR = "\u001f";
const UNITS = `insert into {schema}.units (position, recorded_at, facts, id, correlation)
  select 0, $1::bigint, 0, id, correlation from unnest(string_to_array($2, $4), string_to_array($3, $4)) u (id, correlation)`;
const SEND = `with u as (${UNITS}) insert into {schema}.due (at, revision, queue, id, payload)
  select $1::bigint, 1, '${QUEUE}', id, payload from unnest(string_to_array($5, $4), string_to_array($6, $4)) d (id, payload)`;
const LOOK = `select id, payload from {schema}.due where queue = '${QUEUE}' and at <= $1::bigint order by at, id limit $2`;
const TAKE = `with u as (${UNITS}) update {schema}.due d set at = $1::bigint + ${VISIBILITY_MS}, revision = 2, payload = n.payload
  from unnest(string_to_array($5, $4), string_to_array($6, $4)) n (id, payload)
  where d.queue = '${QUEUE}' and d.id = n.id and d.revision = 1`;
const END = `with u as (${UNITS}) delete from {schema}.due d using unnest(string_to_array($5, $4)) n (id)
  where d.queue = '${QUEUE}' and d.id = n.id and d.revision = 2`;

/** A hand-written queue in the tables and indexes of Daybook's store: groups of jobs are sent, taken and ended by a statement each. */
export class RawPostgresQueue {
  private readonly client: Client;
  private readonly text: (sql: string) => string;
  private readonly unitId: () => string;

  private constructor(client: Client, text: (sql: string) => string, unitId: () => string) {
    this.client = client;
    this.text = text;
    this.unitId = unitId;
  }

  static async open(url: string, schema: string, connections: number, unitId: () => string): Promise<RawPostgresQueue> {
    const owner = connect({ url, name: "bench-schema", connections: 1 });
    await migrate(owner, schema);
    await owner.end();
    return new RawPostgresQueue(connect({ url, name: "bench-raw", connections }), inSchema(schema), unitId);
  }

  async runGroup(jobs: readonly RawJob[]): Promise<void> {
    const now = Date.now();
    const joined = (of: (job: RawJob) => string) => jobs.map(of).join(SEPARATOR);
    const ids = joined(({ id }) => id);
    const correlations = joined(({ correlation }) => correlation);
    const payloads = joined((job) => payloadOf(job, now));
    const takenPayloads = joined((job) => payloadOf(job, now, now));
    await this.send(
      SEND,
      now,
      joined(({ sending }) => sending),
      correlations,
      SEPARATOR,
      ids,
      payloads,
    );
    await this.send(LOOK, now, jobs.length);
    await this.send(TAKE, now, this.unitId(), "queue/jobs", SEPARATOR, ids, takenPayloads);
    await this.send(
      END,
      now,
      joined(({ ending }) => ending),
      correlations,
      SEPARATOR,
      ids,
    );
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private async send(sql: string, ...parameters: readonly (string | number)[]): Promise<void> {
    await this.client.unsafe(this.text(sql), [...parameters], { prepare: true });
  }
}
