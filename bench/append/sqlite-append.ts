import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@daybook/data/store/sqlite";
import type { Contender, Contest, OpenContender } from "../benchmark.ts";
import { closedLoop } from "../closed-loop.ts";
import type { BenchOptions } from "../options.ts";
import { startPeer } from "../peers.ts";
import { factSource, many, unitOf, type OneFact, type Streams } from "../workload.ts";
import { commitEach } from "./commit-each.ts";
import { RawSqlite } from "./raw-sqlite.ts";

const CALLERS = [1, 64, 512];

/** One-event units into SQLite: fresh streams, then long ones, by hand, by Daybook and by the peer. */
export function sqliteAppend(options: BenchOptions): Contest {
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-"));
  let files = 0;
  const newFile = () => join(folder, `${++files}.db`);
  const { roundMs } = options;
  const raw = (name: string, streams: Streams, callers: number): Contender => ({
    name,
    workload: `${streams} streams`,
    callers,
    open: async () => openRaw(newFile(), factSource(streams), callers, roundMs),
  });
  const contenders = (["fresh", "long"] as const).flatMap((streams) => [
    raw("rawAutocommit", streams, 1),
    ...CALLERS.flatMap((callers) => [
      raw("rawGroupCommit", streams, callers),
      {
        name: "daybook",
        workload: `${streams} streams`,
        callers,
        open: () => openDaybook(newFile(), factSource(streams), callers, roundMs),
      },
    ]),
  ]);
  const peers = [1, 64].map((callers) => peerContender(newFile, callers, roundMs));
  return {
    contenders: [...contenders, ...peers],
    references: ["rawAutocommit", "rawGroupCommit", "emmett"],
    close: async () => rmSync(folder, { recursive: true }),
  };
}

function openRaw(file: string, fact: () => OneFact, size: number, roundMs: number): OpenContender {
  const raw = new RawSqlite(file);
  const prepare = (count: number) => {
    const facts = many(count, fact);
    return () => raw.append(facts, size);
  };
  return { measure: closedLoop({ prepare, roundMs, callers: size }), close: async () => raw.close() };
}

async function openDaybook(file: string, fact: () => OneFact, callers: number, roundMs: number): Promise<OpenContender> {
  const store = await sqliteStore({ file });
  const prepare = commitEach(store, fact, callers, (one) => unitOf(one, true));
  return { measure: closedLoop({ prepare, roundMs, callers }), close: () => store.close() };
}

function peerContender(newFile: () => string, callers: number, roundMs: number): Contender {
  const task = { peer: "emmett-sqlite", does: "append", callers, roundMs, streams: 0, events: 0 } as const;
  return { name: "emmett", workload: "fresh streams", callers, open: () => startPeer({ ...task, target: newFile() }) };
}
