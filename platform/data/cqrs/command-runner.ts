import { streamName, type DomainEvent } from "@daybook/data/event-store/event";
import { loadState, snapshotEffect, type Folded } from "@daybook/data/event-store/fold";
import { recentlyUsed, type RecentlyUsed } from "@daybook/data/event-store/recently-used";
import { LIMITS } from "@daybook/data/store/limits";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { causeOf } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { AggregatesOptions, ExecuteOptions, Executed, Guard, Outcome } from "./aggregates.ts";
import type { Refusal } from "./decider.ts";
import { decisiveVerdict } from "./decisive-verdict.ts";
import { contention } from "./errors.ts";
import { answerCondition, answerEffect, earlierAnswer } from "./idempotency.ts";
import { RequestsUnderWay } from "./requests-under-way.ts";
import { SerialQueue } from "./serial-queue.ts";

const TRIES = 5;

/** What a command came to, before the store has agreed. */
interface Proposal<State> {
  readonly unitId: string;
  readonly at: number;
  readonly before: Folded<State>;
  readonly after: Folded<State>;
  readonly outcome: Outcome<State>;
  readonly guards: readonly Guard[];
  readonly effects: readonly Effect[];
}

/** Carries out commands as `Aggregates.execute` promises. */
export class CommandRunner<State, Command, Event extends DomainEvent> {
  private readonly queue = new SerialQueue();
  private readonly requests: RequestsUnderWay;
  /** A state is taken out for a command, and put back once the store has said that it is the present one. */
  private readonly warm: RecentlyUsed<Folded<State>>;
  private readonly options: AggregatesOptions<State, Command, Event>;

  constructor(options: AggregatesOptions<State, Command, Event>) {
    this.options = options;
    this.requests = new RequestsUnderWay(options.clock);
    this.warm = recentlyUsed(options.warmStates ?? 10_000, Infinity, options.clock);
  }

  run<Answer>(
    id: string,
    command: Command | Promise<Command>,
    execution: ExecuteOptions<State, Answer>,
  ): Promise<Executed<Answer>> {
    if (command instanceof Promise) command.catch(ignore); // it may fail while this waits: it is told when its turn comes
    const queued = () => this.queue.run(id, () => this.execute(id, command, execution));
    return execution.idempotency ? this.requests.run(execution.idempotency, queued) : queued();
  }

  private async execute<Answer>(
    id: string,
    command: Command | Promise<Command>,
    execution: ExecuteOptions<State, Answer>,
  ): Promise<Executed<Answer>> {
    const [earlier, ready] = await Promise.all([this.replayed(execution), command]);
    if (earlier) return earlier;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const executed = await this.attempt(id, ready, execution, attempt === 0 && execution.isNew === true);
      if (executed) return executed;
    }
    throw contention(`${this.options.decider.category} ${id} is changed by others all the time`);
  }

  /** Undefined when the state was another one than the decision's: it is decided again on a fresh one. */
  private async attempt<Answer>(
    id: string,
    command: Command,
    execution: ExecuteOptions<State, Answer>,
    isNew: boolean,
  ): Promise<Executed<Answer> | undefined> {
    const { decider, clock } = this.options;
    const warm = isNew ? { state: decider.initial, version: 0 } : this.takeWarm(id);
    const before = warm ?? (await this.load(id));
    const at = clock.now();
    const decision = decider.decide(command, before.state, at);
    if ("refusal" in decision) return this.commit(id, this.refused(before, decision.refusal, at), execution);
    const { expectedVersion = before.version } = execution;
    if (expectedVersion === before.version) {
      return this.commit(id, await this.accepted(id, before, decision.events, execution, at), execution);
    }
    if (warm) return undefined; // another process may have changed it
    this.warm.set(id, before);
    // A twin of this very request may have been the one that changed it.
    return (await this.replayed(execution)) ?? { kind: "stale", actual: before.version };
  }

  private async accepted(
    id: string,
    before: Folded<State>,
    decided: readonly Event[],
    execution: ExecuteOptions<State, unknown>,
    at: number,
  ): Promise<Proposal<State>> {
    const { decider, events, ids } = this.options;
    const unitId = ids("unt");
    const encoded = await events.encode(unitId, decided);
    const state = encoded.events.reduce((folded, event) => decider.evolve(folded, event), before.state);
    const after = { state, version: before.version + decided.length };
    const { guards = [], effects = [] } = execution.extra?.(after, decided) ?? {};
    const append: Effect = { kind: "append", stream: this.streamOf(id), events: encoded.stored };
    const changes = decided.length === 0 ? [] : [append, ...this.derived(id, before, after)];
    return { unitId, at, before, after, outcome: { kind: "done", ...after, at }, guards, effects: [...changes, ...effects] };
  }

  private refused(before: Folded<State>, refusal: Refusal, at: number): Proposal<State> {
    const unitId = this.options.ids("unt");
    return { unitId, at, before, after: before, outcome: { kind: "refused", refusal }, guards: [], effects: [] };
  }

  /** Commits on the version that was decided on, a refusal, too: another process may have moved on. */
  private async commit<Answer>(
    id: string,
    proposal: Proposal<State>,
    execution: ExecuteOptions<State, Answer>,
  ): Promise<Executed<Answer> | undefined> {
    const { unitId, at, before, after, outcome, guards } = proposal;
    const answered = keptAnswer(execution, outcome, at);
    const conditions: readonly Condition[] = [
      ...answered.conditions,
      { kind: "version", stream: this.streamOf(id), is: before.version },
      ...guards.map((guard) => guard.condition),
    ];
    const verdict = await decisiveVerdict(this.options.events.store, {
      id: unitId,
      cause: causeOf(execution.context),
      conditions,
      effects: [...proposal.effects, ...answered.effects],
    });
    if (verdict.outcome === "committed") {
      if (after.version > 0) this.warm.set(id, after);
      return { kind: "answered", answer: answered.answer, isReplayed: false, position: verdict.position };
    }
    if (verdict.condition < answered.conditions.length) return this.replayed(execution);
    const guard = guards[verdict.condition - answered.conditions.length - 1];
    return guard && this.commit(id, this.refused(before, guard.refusal, at), execution);
  }

  /** The answer that was given under the request's key before, if any. */
  private async replayed<Answer>({ idempotency }: ExecuteOptions<State, Answer>): Promise<Executed<Answer> | undefined> {
    if (!idempotency) return undefined;
    const { store } = this.options.events;
    const earlier = await earlierAnswer(store, idempotency);
    if (earlier.kind === "none") return undefined;
    if (earlier.kind === "other") return { kind: "keyReused" };
    const { position } = await store.head();
    const answer = JSON.parse(earlier.answer) as Answer; // kept by this operation, see keptAnswer
    return { kind: "answered", answer, isReplayed: true, position };
  }

  /** What is kept with the new state: the inline rows, and a snapshot when one is due and fits. */
  private derived(id: string, before: Folded<State>, after: Folded<State>): readonly Effect[] {
    const { decider, inline, snapshotEvery = 100 } = this.options;
    const rows = inline?.(id, after) ?? [];
    if (Math.floor(after.version / snapshotEvery) === Math.floor(before.version / snapshotEvery)) return rows;
    const snapshot = snapshotEffect(decider, this.streamOf(id), after, snapshotEvery);
    return Buffer.byteLength(snapshot.value) > LIMITS.rowBytes ? rows : [...rows, snapshot];
  }

  private load(id: string): Promise<Folded<State>> {
    return loadState(this.options.events, this.options.decider, this.streamOf(id));
  }

  private takeWarm(id: string): Folded<State> | undefined {
    const folded = this.warm.get(id);
    this.warm.delete(id);
    return folded;
  }

  private streamOf(id: string): string {
    return streamName(this.options.decider.category, id);
  }
}

function ignore(): void {}

interface KeptAnswer<Answer> {
  readonly answer: Answer;
  readonly conditions: readonly Condition[];
  readonly effects: readonly Effect[];
}

/** The answer, and what keeps it under the request's key. Who is answered first gets what is kept, as everybody after. */
function keptAnswer<State, Answer>(
  execution: ExecuteOptions<State, Answer>,
  outcome: Outcome<State>,
  at: number,
): KeptAnswer<Answer> {
  const { idempotency } = execution;
  const answer = execution.render(outcome);
  if (!idempotency) return { answer, conditions: [], effects: [] };
  const text = JSON.stringify(answer) as string | undefined; // the compiler does not know what it says of undefined
  assert(text !== undefined, "an answer under a key is plain data");
  return {
    answer: JSON.parse(text) as Answer, // plain data comes back as it was
    conditions: [answerCondition(idempotency)],
    effects: [answerEffect(idempotency, text, at)],
  };
}
