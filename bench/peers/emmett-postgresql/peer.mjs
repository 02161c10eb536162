import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";

/** Opens the peer's store in a database; see Peer in bench/peers.ts. */
export async function open(url) {
  const store = getPostgreSQLEventStore(url);
  await store.schema.migrate();
  return {
    append: (stream, events) =>
      store.appendToStream(stream, events, { expectedStreamVersion: "STREAM_DOES_NOT_EXIST" }).then(() => undefined),
    read: async (stream) => (await store.readStream(stream)).events.length,
  };
}
