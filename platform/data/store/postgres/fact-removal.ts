import type { FactRemoval } from "../archive/segment-place.ts";
import { connect } from "./client.ts";
import { inSchema } from "./schema.ts";
import type { PostgresPlace } from "./transfer-reads.ts";

const RANGE = "between $1::bigint and $2::bigint and data <> ''";

/** In this order, with the range as parameters. A unit that goes on after the range keeps what is left. */
const STATEMENTS = [
  `update {schema}.units u set facts = greatest(0, least(u.facts, u.position - $2::bigint)),
      correlation = case when u.position > $2::bigint then u.correlation else '' end
    from (select distinct unit from {schema}.facts where position ${RANGE}) n where u.id = n.unit`,
  `delete from {schema}.facts m
    using (select stream_id, min(version) as first from {schema}.facts where position ${RANGE} group by stream_id) n
    where m.stream_id = n.stream_id and m.version < n.first and m.data = ''`,
  `delete from {schema}.facts f where f.position ${RANGE}
    and exists (select from {schema}.facts later where later.stream_id = f.stream_id and later.version > f.version)`,
  `update {schema}.facts set type = '', schema_version = 0, unit = '', ordinal = 0, digest = decode(repeat('00', 32), 'hex'),
      meta = '{}', data = ''
    where position ${RANGE}`,
];

/**
 * Removes facts from a schema beside the programs that work on it. The log need not be locked for it: what is appended to a
 * stream meanwhile makes a marker needless, and never wrong.
 */
export function postgresFactRemoval({ url, schema }: PostgresPlace): FactRemoval {
  const client = connect({ url, name: "daybook-archive", connections: 1 });
  const text = inSchema(schema);
  return {
    async remove(from, to) {
      await client.begin("isolation level read committed", async (transaction) => {
        await transaction.unsafe("set local enable_seqscan = off; set local jit = off");
        for (const sql of STATEMENTS) await transaction.unsafe(text(sql), [from, to]);
      });
    },
    close: () => client.end({ timeout: 5 }),
  };
}
