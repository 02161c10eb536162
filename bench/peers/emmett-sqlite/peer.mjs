import { getSQLiteEventStore } from "@event-driven-io/emmett-sqlite";

/** Opens the peer's store in a file; see Peer in bench/peers.ts. */
export async function open(file) {
  const store = getSQLiteEventStore({ fileName: file, schema: { autoMigration: "CreateOrUpdate" } });
  return {
    append: (stream, events) =>
      store.appendToStream(stream, events, { expectedStreamVersion: "STREAM_DOES_NOT_EXIST" }).then(() => undefined),
    read: async (stream) => (await store.readStream(stream)).events.length,
  };
}
