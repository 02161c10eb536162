import { errorCode, messageOf } from "@daybook/kernel/errors";
import type { Store, StoreReads } from "@daybook/data/store";
import type { Unit, Verdict } from "@daybook/data/store/unit";
import { wrappedReads } from "@daybook/testing/faults/wrapped-reads";
import type { Journal } from "./journal.ts";

/** A unit that was submitted, and what its caller was told. */
export interface RecordedCommit {
  readonly process: string;
  readonly unit: Unit;
  /** Order of submission. */
  readonly order: number;
  /** Neither verdict nor rejection: the process died waiting, or the run ended. */
  verdict?: Verdict;
  /** Code (or text) of the error that the store rejected it with: surely nothing happened. */
  rejected?: string;
}

/** A read and its answer. Journal entries are counted: `least` had been acknowledged when it was asked, `most` were durable when it was answered. */
export interface RecordedRead {
  readonly process: string;
  readonly name: keyof StoreReads;
  readonly input: readonly unknown[];
  readonly answer: unknown;
  readonly least: number;
  readonly most: number;
}

/** What all processes asked of their stores. */
export interface StoreRecord {
  readonly commits: readonly RecordedCommit[];
  readonly reads: readonly RecordedRead[];
  /** The store, with everything recorded that goes through it. */
  over(store: Store, process: string): Store;
}

export function storeRecord(journal: Journal): StoreRecord {
  const commits: RecordedCommit[] = [];
  const reads: RecordedRead[] = [];
  let acknowledged = 0;

  async function commit(store: Store, process: string, unit: Unit): Promise<Verdict> {
    const recorded: RecordedCommit = { process, unit, order: commits.length };
    commits.push(recorded);
    try {
      recorded.verdict = await store.commit(unit);
    } catch (error) {
      recorded.rejected = errorCode(error) ?? messageOf(error);
      throw error;
    }
    if (recorded.verdict.outcome !== "unknown") acknowledged = Math.max(acknowledged, journal.reachedBy(unit.id));
    return recorded.verdict;
  }

  async function read<T>(
    process: string,
    name: keyof StoreReads,
    input: readonly unknown[],
    query: () => Promise<T>,
  ): Promise<T> {
    const least = acknowledged;
    const answer = await query();
    reads.push({ process, name, input, answer, least, most: journal.entries.length });
    return answer;
  }

  return {
    commits,
    reads,
    over: (store, process) => ({
      ...store,
      commit: (unit) => commit(store, process, unit),
      ...wrappedReads(store, (name, input, query) => read(process, name, input, query)),
    }),
  };
}
