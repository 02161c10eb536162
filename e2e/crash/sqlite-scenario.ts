import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { sqliteStore } from "@daybook/data/store/sqlite";
import type { Store } from "@daybook/data/store";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import { crashPlan, type Planned } from "./crash-plan.ts";
import type { JournalLine } from "./journal.ts";

/**
 *     node sqlite-scenario.ts FOLDER JOURNAL
 *
 * The program that the crash test kills: commits the plan into FOLDER/daybook.db and writes every answer to JOURNAL
 * before it goes on. The log is kept so short that checkpoints happen all the time.
 */
const [, , folder = "", journalFile = ""] = process.argv;
const descriptor = openSync(journalFile, "a");

try {
  const store = await sqliteStore({ file: join(folder, "daybook.db"), checkpointBytes: 96 * 1024 });
  journal({ kind: "opened" });
  for (const round of crashPlan()) await Promise.all([...round.map((planned) => commit(store, planned)), readHead(store)]);
  await store.close();
  journal({ kind: "ended" });
} catch (error) {
  journal({ kind: "not-opened", reason: messageOf(error) });
}

async function commit(store: Store, { unit }: Planned): Promise<void> {
  try {
    journal({ kind: "verdict", unit: unit.id, verdict: await store.commit(unit) });
  } catch (error) {
    journal({ kind: "rejected", unit: unit.id, code: errorCode(error) ?? messageOf(error) });
  }
}

async function readHead(store: Store): Promise<void> {
  try {
    await setImmediate(); // the round's batch is written by now, and its sync under way
    journal({ kind: "head", position: (await store.head()).position });
  } catch {
    // A store whose disk failed refuses reads.
  }
}

function journal(line: JournalLine): void {
  const plain = JSON.stringify(line, (_, value: unknown) => (value instanceof Error ? String(value) : value));
  writeSync(descriptor, `${plain}\n`);
}
