import assert from "node:assert/strict";
import { added, CONTEXT, type TrialEvent, type TrialLog } from "@daybook/data/event-store/conformance/trial";
import type { ReadStream, Store } from "@daybook/data/store";
import type { Unit } from "@daybook/data/store/unit";
import {
  aggregates,
  type Aggregates,
  type AggregatesOptions,
  type Executed,
  type ExecuteOptions,
  type Outcome,
} from "../aggregates.ts";
import { accept, refuse, type Decider } from "../decider.ts";
import type { IdempotentRequest } from "../idempotency.ts";

/** A tally that never falls below zero and never rises above a hundred. */
export interface Tally {
  readonly sum: number;
}

type TallyCommand = { readonly type: "add"; readonly n: number } | { readonly type: "touch" };

export function tally(version = 1): Decider<Tally, TallyCommand, TrialEvent> {
  return {
    category: "tally",
    version,
    initial: { sum: 0 },
    decide(command, { sum }) {
      if (command.type === "touch" || command.n === 0) return accept();
      const next = sum + command.n;
      return next < 0 || next > 100 ? refuse("out-of-bounds", "From 0 to 100.", { sum }) : accept(added(command.n));
    },
    evolve: ({ sum }, { data }) => ({ sum: sum + data.n }),
  };
}

export type Tallies = Aggregates<Tally, TallyCommand>;
type Options = AggregatesOptions<Tally, TallyCommand, TrialEvent>;

/** A process that carries out commands on the log. */
export function tallies(log: TrialLog, more: Partial<Options> = {}): Tallies {
  return aggregates({ events: log.events, clock: log.clock, ids: log.ids, decider: tally(), ...more });
}

/** The answer of a trial: what the caller is shown. */
export type Shown = { readonly sum: number; readonly version: number } | { readonly refused: string; readonly details: unknown };

export function show(outcome: Outcome<Tally>): Shown {
  if (outcome.kind === "done") return { sum: outcome.state.sum, version: outcome.version };
  return { refused: outcome.refusal.code, details: outcome.refusal.details };
}

export type More = Partial<ExecuteOptions<Tally, Shown>>;

export function add(on: Tallies, n: number, more: More = {}, id = "a"): Promise<Executed<Shown>> {
  return on.execute(id, { type: "add", n }, { context: CONTEXT, render: show, ...more });
}

/** The answer of a command that was answered. */
export async function answerOf(executed: Promise<Executed<Shown>>): Promise<Shown> {
  const { kind, ...rest } = await executed;
  assert.ok(kind === "answered" && "answer" in rest, kind);
  return rest.answer;
}

/** A request under a key. */
export function request(key = "k", content = "c"): IdempotentRequest {
  return { principal: "usr_1", operation: "add", key, content };
}

/** `log` through a store that notes what is committed and read, and does `before` each commit. */
export function observed(log: TrialLog, before?: (unit: Unit) => Promise<void>) {
  const seen = { units: [] as Unit[], reads: [] as string[] };
  const store: Store = {
    ...log.store,
    async commit(unit) {
      seen.units.push(unit);
      await before?.(unit);
      return log.store.commit(unit);
    },
    readStream(stream: string, options?: ReadStream) {
      seen.reads.push(stream);
      return log.store.readStream(stream, options);
    },
  };
  return { ...seen, events: log.through(store) };
}
