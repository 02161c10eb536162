import type { Queries } from "./queries.ts";

/** Up to where facts are in segments; of those only markers without data need be here (archive/). */
const ARCHIVED_TO = "(select coalesce(max(key::bigint), 0) from {schema}.rows where collection = 'segments')";

/** Statements that find nothing in a sound store, with what it means when they do. */
const FAULTS: Readonly<Record<string, string>> = {
  "the head is not the last fact's position": `
    select b.position from (select position from {schema}.batches order by number desc limit 1) b
    where b.position <> coalesce((select max(position) from {schema}.facts), 0)`,
  "positions have gaps": `select count(*) from {schema}.facts where data <> ''
    having count(*) <> max(position) - min(position) + 1 or min(position) > ${ARCHIVED_TO} + 1`,
  "the facts of units are not the log's": `
    select 1 where (select coalesce(sum(facts), 0) from {schema}.units) <> (select count(*) from {schema}.facts where data <> '')`,
  "versions of a stream have gaps": `
    select stream_id from {schema}.facts group by stream_id
      having max(version) - min(version) + 1 <> count(*) or (min(version) <> 1 and ${ARCHIVED_TO} = 0)
    union all
    select stream_id from {schema}.work group by stream_id having min(version) <> 1 or max(version) <> count(*)`,
  "times decrease along positions": `
    select position from (
      select position, recorded_at < lag(recorded_at) over (order by position) as is_earlier from {schema}.facts
    ) f where is_earlier`,
  "events have no stream, or another's name": `
    select e.stream_id from (
      select stream_id, stream, false as is_work from {schema}.facts
      union all select stream_id, stream, true from {schema}.work
    ) e left join {schema}.streams s on s.name = e.stream and s.is_work = e.is_work
    where s.id is distinct from e.stream_id`,
  "a stream has no events": `
    select s.id from {schema}.streams s where not exists (select from {schema}.facts f where f.stream_id = s.id)
      and not exists (select from {schema}.work w where w.stream_id = s.id)`,
  "an index entry has no row": `
    select e.key from {schema}.entries e left join {schema}.rows r on r.collection = e.collection and r.key = e.key
    where r.entries is null`,
};

/** What is wrong in the stored form; empty when it is sound. Reads everything. */
export async function checkStore(queries: Queries): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [fault, sql] of Object.entries(FAULTS)) {
    if (await queries.first(`${sql} limit 1`)) found.push(fault);
  }
  return found;
}
