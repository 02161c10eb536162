/**
 * Deletes the entries of the rows that `rows` names, a table `n (collection, key)`. Each entry is looked up by all of its
 * key, in a sub-select of its own: a join is planned, with the estimates of an empty table, to pass over all entries of
 * the collection for each row.
 */
export function deleteEntries(rows: string): string {
  return `delete from {schema}.entries where ctid = any(array(
      select e.place
      from ${rows}
      cross join lateral (
        select o.entries from {schema}.rows o
        where o.collection = n.collection and o.key = n.key and o.entries is not null limit 1
      ) r
      cross join lateral json_each(r.entries::json) i
      cross join lateral json_array_elements_text(i.value) t (entry)
      cross join lateral (
        select x.ctid as place from {schema}.entries x
        where x.collection = n.collection and x.index = i.key and x.entry = t.entry and x.key = n.key limit 1
      ) e
    ))`;
}
