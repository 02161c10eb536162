import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { eventStore } from "@daybook/data/event-store/event-store";
import type { Store } from "@daybook/data/store";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { postgresStore } from "@daybook/data/store/postgres";
import type { SubjectKeys } from "@daybook/kernel/sealed";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import type { Benchmark, Contender, Contest, OpenContender, Progress } from "../benchmark.ts";
import { closedLoop, eachBy } from "../closed-loop.ts";
import { benchFailed } from "../errors.ts";
import type { BenchOptions } from "../options.ts";
import { startPeer, type PeerTask } from "../peers.ts";
import { benchDatabase } from "../postgres-database.ts";
import { countParsed, madeStreams, writeStreams, type StoredStream } from "./stored-streams.ts";

const EVENTS = 100;
const STREAMS = 200;

/** Answers how many events of the stream it loaded and parsed. */
type Load = (stream: StoredStream) => Promise<number>;

/** Loads a stream of a hundred events. */
export const readBench: Benchmark = {
  does: "loads a stream of 100 events and parses each",
  contenders: (options, progress) => (options.store === "sqlite" ? sqliteRead(options) : postgresRead(options, progress)),
};

async function sqliteRead({ roundMs }: BenchOptions): Promise<Contest> {
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-"));
  const streams = madeStreams(STREAMS, EVENTS);
  const file = join(folder, "daybook.db");
  const store = await sqliteStore({ file });
  await writeStreams(store, streams);
  const reader = rawReader(file);
  const contender = (name: string, load: Load) => contenderOf(name, 1, roundMs, streams, load);
  const contenders = [
    contender("jsonParse", async ({ texts }) => parseAll(texts)),
    contender("rawArrays", async ({ name }) => reader.load(name)),
    contender("daybook", async ({ name }) => countParsed(await store.readStream(name))),
    contender("daybook eventStore", eventStoreLoad(store)),
    peerContender({ peer: "emmett-sqlite", target: join(folder, "emmett.db"), callers: 1, roundMs }),
  ];
  const close = async () => {
    reader.close();
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { contenders, references: ["jsonParse", "rawArrays", "emmett"], close };
}

async function postgresRead({ roundMs }: BenchOptions, progress: Progress): Promise<Contest> {
  const database = await benchDatabase(progress);
  const streams = madeStreams(STREAMS, EVENTS);
  const store = await postgresStore({ url: database.url });
  await writeStreams(store, streams);
  const contenders = [1, 16].flatMap((callers) => [
    contenderOf("jsonParse", callers, roundMs, streams, async ({ texts }) => parseAll(texts)),
    contenderOf("daybook", callers, roundMs, streams, async ({ name }) => countParsed(await store.readStream(name))),
    contenderOf("daybook eventStore", callers, roundMs, streams, eventStoreLoad(store)),
    peerContender({ peer: "emmett-postgresql", target: database.url, callers, roundMs, serverPid: database.serverPid }),
  ]);
  const close = async () => {
    await store.close();
    await database.close();
  };
  return { contenders, references: ["jsonParse", "emmett"], close };
}

function parseAll(texts: readonly string[]): number {
  let count = 0;
  for (const text of texts) if (typeof JSON.parse(text) === "object") count++;
  return count;
}

/** What is hand-written against the tables: one statement, rows as arrays, no objects but the parsed data. */
function rawReader(file: string): { load(stream: string): number; close(): void } {
  const db = new DatabaseSync(file, { readOnly: true });
  const statement = db.prepare("SELECT version, type, data FROM facts WHERE stream = ? ORDER BY version");
  statement.setReturnArrays(true);
  return {
    load: (stream) => {
      const rows = statement.all(stream) as unknown as readonly (readonly [number, string, string])[]; // the columns above
      return parseAll(rows.map(([, , data]) => data));
    },
    close: () => db.close(),
  };
}

const NO_KEYS: SubjectKeys = { get: async () => undefined, ensure: async () => new Map(), erase: async () => {} };

function eventStoreLoad(store: Store): Load {
  const type = recordType({ name: "OrderPlaced", schema: z.unknown() });
  const events = eventStore(store, { OrderPlaced: type }, NO_KEYS);
  return async ({ name }) => (await events.read(name)).length;
}

function contenderOf(name: string, callers: number, roundMs: number, streams: readonly StoredStream[], load: Load): Contender {
  const open = async (): Promise<OpenContender> => {
    const loadOne = async (stream: StoredStream) => {
      const found = await load(stream);
      if (found !== stream.texts.length) throw benchFailed(`${found} events were loaded instead of ${stream.texts.length}`);
    };
    let next = 0;
    const prepare = (count: number) => {
      const chosen = Array.from({ length: count }, () => streams[(next += 7) % streams.length] as StoredStream); // not empty
      return () => eachBy(callers, chosen, loadOne);
    };
    return { measure: closedLoop({ prepare, roundMs, callers }), close: async () => {} };
  };
  return { name, workload: `${EVENTS}-event stream`, callers, open };
}

function peerContender(task: Omit<PeerTask, "does" | "streams" | "events">): Contender {
  const open = () => startPeer({ ...task, does: "read", streams: STREAMS, events: EVENTS });
  return { name: "emmett", workload: `${EVENTS}-event stream`, callers: task.callers, open };
}
