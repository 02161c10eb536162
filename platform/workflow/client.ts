import { deadlineList, type DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect, UnitCause } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { givenId } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { Requests } from "./requests.ts";
import { waitsOf, type RunWait } from "./waits.ts";
import { searchRuns, type RunPage, type RunSearch } from "./run-search.ts";
import type { NamesOf, Parsed } from "./context.ts";
import type { AnyWorkflow, Messages, UpdateContract, WorkflowContract } from "./definition.ts";
import type { StepImplementation } from "./implement.ts";
import { workflowIdTaken, workflowNotRegistered, workflowUnknown, workflowValueInvalid } from "./errors.ts";
import type { Entry, ParentLink, Request, Started } from "./replay/history.ts";
import { replay } from "./replay/replay.ts";
import { decodeValue, encodeValue } from "./replay/value-text.ts";
import type { Timing } from "./schedule.ts";
import { Bulletin } from "./worker/bulletin.ts";
import { hasWorker } from "./worker/presence.ts";
import { forgotten, NO_REMAINS, type Remains } from "./worker/compaction.ts";
import { unstarted, usedKey } from "./worker/decision.ts";
import { Programs } from "./worker/run-host.ts";
import { errorOfRun, infoOf, isOver, parseInfo, rowOf, RUNS, type RunInfo } from "./worker/run-info.ts";
import { appended, attend, causeOfRun, loadHistory, startedEvent } from "./worker/run-stream.ts";
import { parseSchedule, putSchedule, removeSchedule, SCHEDULES, type Schedule } from "./worker/scheduled.ts";
import type { Worker } from "./worker/worker.ts";

export type { RunInfo } from "./worker/run-info.ts";

export interface StartOptions<Input> {
  /** Chosen by the caller: starting twice starts once. */
  readonly id: string;
  readonly input: Input;
  readonly cause: UnitCause;
  /** By which it is found. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Whether an id may be used again: never (unless given), after any end, or only after one that gave no result. */
  readonly reuse?: "never" | "whenEnded" | "whenUnsuccessful";
  /** Newest registered unless given. */
  readonly version?: number;
  readonly parent?: ParentLink;
}

export interface ScheduleOptions<Input> {
  readonly id: string;
  readonly timing: Timing;
  readonly input: Input;
  readonly cause: UnitCause;
}

export interface StartedRun {
  readonly id: string;
  /** False when it had been started before; nothing was done now. */
  readonly isNew: boolean;
}

export interface ClientParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  readonly deadlines: DeadlineList;
  readonly bulletin: Bulletin;
  readonly programs: Programs;
  readonly taskQueue: string;
  /** How long a request waits for its answer. */
  readonly answerMs: number;
  /** How often the store is looked at for what another process does. */
  readonly pollMs: number;
  /** Whether any process may carry out runs of the task queue now. */
  readonly isAttended: (taskQueue: string) => Promise<boolean>;
}

/** A workflow's definition, as far as one must know it to talk to its runs. */
export interface WithMessages<M extends Messages> {
  readonly name: string;
  readonly messages: M;
}

const POLL_MS_MAX = 5_000;

/**
 * Starts runs, talks to them and looks at them, from any process on the store. `by`: on whose behalf; it stands with the
 * reason in the run's history.
 */
export class WorkflowClient {
  protected readonly parts: ClientParts;
  protected worker: Worker | undefined;
  private readonly requests: Requests;

  constructor(parts: ClientParts) {
    this.parts = parts;
    this.requests = new Requests(parts, (id) => this.nudge(id));
  }

  /** Starts a run, unless one of this id was started before. Rejects with `workflow-id-taken` when that was another workflow. */
  async start<Input, Output>(contract: WorkflowContract<Input, Output>, options: StartOptions<Input>): Promise<StartedRun> {
    const started = this.startedOf(contract, options);
    if (await this.tryStart(started)) return { id: options.id, isNew: true };
    const info = await this.get(options.id);
    if (!info) return this.start(contract, options); // its history was deleted between
    if (!mayReuse(info, options.reuse)) {
      if (info.workflow === contract.name) return { id: options.id, isNew: false };
      throw workflowIdTaken(`${options.id} is a run of ${info.workflow}`);
    }
    const remains = await loadHistory(this.parts.store, options.id);
    const again = { ...started, number: info.number + 1 };
    return { id: options.id, isNew: await this.tryStart(again, remains, remains === undefined) };
  }

  /** Conditions and effects that start a run in somebody's unit: it runs if and only if the unit happened. */
  starting<Input, Output>(
    contract: WorkflowContract<Input, Output>,
    options: Omit<StartOptions<Input>, "reuse">,
  ): { readonly conditions: readonly Condition[]; readonly effects: readonly Effect[] } {
    return startingParts(this.startedOf(contract, options), NO_REMAINS);
  }

  /** The result; waits for the end. Rejects with the run's reason when it ended without one. */
  async result<Input, Output>(contract: WorkflowContract<Input, Output>, id: string): Promise<Output> {
    const info = await this.ended(id);
    if (info.status !== "completed") throw errorOfRun(info);
    return decodeValue(contract.output, info.result ?? "null", `result of ${id}`) as Output; // parsed by its schema
  }

  /** Starts a run and waits for its result. */
  async execute<Input, Output>(contract: WorkflowContract<Input, Output>, options: StartOptions<Input>): Promise<Output> {
    await this.start(contract, options);
    return this.result(contract, options.id);
  }

  /** Records a signal. Resolves when it is durable. */
  async signal<M extends Messages, Name extends NamesOf<M["signals"]>>(
    definition: WithMessages<M>,
    id: string,
    name: Name,
    value: Parsed<NonNullable<M["signals"]>[Name]>,
    by?: UnitCause,
  ): Promise<void> {
    const schema = definition.messages.signals?.[name];
    if (!schema) throw workflowNotRegistered(`${definition.name} has no signal ${name}`);
    const text = encodeValue(schema, value, `signal ${name}`);
    await this.requests.send(id, { id: this.parts.ids("req"), kind: "signal", name, value: text }, { by });
  }

  /** The same by an operator, who has no definition: what is registered here for the run says what the signal is. */
  async signalByName(id: string, name: string, value: unknown, by?: UnitCause): Promise<void> {
    const info = await this.get(id);
    if (!info) throw workflowUnknown(`there is no run ${id}`);
    const definition = this.parts.programs.workflow(info.workflow, info.version);
    if (!definition) throw workflowNotRegistered(`${info.workflow} is not registered in this process`);
    await this.signal(definition, id, name, value, by);
  }

  /** Asks a run, as it stands, without changing it; any process that has its code can. */
  async query<M extends Messages, Name extends NamesOf<M["queries"]>>(
    definition: WithMessages<M>,
    id: string,
    name: Name,
  ): Promise<Parsed<NonNullable<M["queries"]>[Name]>> {
    const history = await loadHistory(this.parts.store, id);
    if (!history) throw workflowUnknown(`there is no run ${id}`);
    const { workflow, version } = history.started;
    const code = this.parts.programs.workflow(workflow, version);
    const schema = definition.messages.queries?.[name];
    if (!code || !schema || workflow !== definition.name) throw workflowNotRegistered(`${workflow} does not answer ${name} here`);
    const text = (await replay(code, history)).mailbox.query(name);
    if (text === undefined) throw workflowNotRegistered(`${id} does not answer ${name} yet`);
    return decodeValue(schema, text, `query ${name}`) as Parsed<NonNullable<M["queries"]>[Name]>; // by its schema
  }

  /** Has the run carry out an update, and answers what it answered; rejects with what its handler threw. */
  async update<M extends Messages, Name extends NamesOf<M["updates"]>>(
    definition: WithMessages<M>,
    id: string,
    name: Name,
    input: Parsed<NonNullable<M["updates"]>[Name]["input"]>,
  ): Promise<Parsed<NonNullable<M["updates"]>[Name]["output"]>> {
    const contract: UpdateContract | undefined = definition.messages.updates?.[name];
    if (!contract) throw workflowNotRegistered(`${definition.name} has no update ${name}`);
    const value = encodeValue(contract.input, input, `update ${name}`);
    const answer = await this.requests.ask(id, { id: this.parts.ids("req"), kind: "update", name, value });
    const output = decodeValue(contract.output, answer.value ?? "null", `answer of ${name}`);
    return output as Parsed<NonNullable<M["updates"]>[Name]["output"]>; // by its schema
  }

  /** Undoes the run. Answers why not when that is refused: it has ended, or its pivot is passed. */
  cancel(id: string, reason: string, by?: UnitCause): Promise<Refusal> {
    return this.command(id, { id: this.parts.ids("req"), kind: "cancel", reason }, { by });
  }

  /** Nothing new begins until `resume`: attempts under way end, timers wait. */
  pause(id: string, reason: string, by?: UnitCause): Promise<Refusal> {
    return this.command(id, { id: this.parts.ids("req"), kind: "pause", reason }, { by });
  }

  /** Goes on; tries a compensation that had failed for good once more. */
  resume(id: string, reason?: string, by?: UnitCause): Promise<Refusal> {
    return this.command(id, { id: this.parts.ids("req"), kind: "resume", ...(reason !== undefined && { reason }) }, { by });
  }

  /** Ends the run as it stands: nothing is undone. */
  terminate(id: string, reason: string, by?: UnitCause): Promise<Refusal> {
    return this.command(id, { id: this.parts.ids("req"), kind: "terminate", reason }, { by });
  }

  /** Takes the run back to just before the command (see `history`), also after its end; not once it was undone. */
  reset(id: string, to: string, reason?: string, by?: UnitCause): Promise<Refusal> {
    const request = { id: this.parts.ids("req"), kind: "reset", to, ...(reason !== undefined && { reason }) } as const;
    return this.command(id, request, { by, isForEnded: true });
  }

  /** What the run waits for now, each by its name; nothing when it has ended. Rejects with `workflow-unknown`. */
  async waits(id: string): Promise<readonly RunWait[]> {
    const [info, history] = await Promise.all([this.get(id), loadHistory(this.parts.store, id)]);
    if (!info) throw workflowUnknown(`there is no run ${id}`);
    return history ? waitsOf(info, history, this.parts.programs, this.parts.clock.now()) : [];
  }

  /** Why what is sent to such a run is done later; undefined when some process carries them out now. */
  whyLater({ queue }: Pick<RunInfo, "queue">): Promise<string | undefined> {
    return this.requests.whyLater(queue);
  }

  async get(id: string): Promise<RunInfo | undefined> {
    const row = await this.parts.store.getRow(RUNS, id);
    return row && parseInfo(row.value);
  }

  /** Runs by one of: attention, attribute, workflow, status; else by id. Further criteria filter the page. */
  list(search: RunSearch = {}): Promise<RunPage> {
    return searchRuns(this.parts.store, search);
  }

  /** Everything recorded of the run, in order. Rejects with `workflow-unknown` when it is deleted. */
  async history(
    id: string,
  ): Promise<{ readonly started: Started; readonly entries: readonly Entry[]; readonly waiting: readonly Request[] }> {
    const history = await loadHistory(this.parts.store, id);
    if (!history) throw workflowUnknown(`there is no history of ${id}`);
    return { started: history.started, entries: history.entries, waiting: history.requests };
  }

  /** Starts a run at each time, under `{id}-{time}`; put again, it is changed. Times missed by all workers start one run. */
  async schedule<Input, Output>(contract: WorkflowContract<Input, Output>, options: ScheduleOptions<Input>): Promise<void> {
    const { id, timing, cause } = options;
    const { name } = contract;
    const input = encodeValue(contract.input, options.input, `input of ${name}`);
    const schedule = { id, workflow: name, queue: this.parts.taskQueue, input, timing, cause };
    await this.write(cause, putSchedule(schedule, this.parts.clock.now()));
  }

  /** Its runs go on. */
  async unschedule(id: string, cause: UnitCause): Promise<void> {
    const row = await this.parts.store.getRow(SCHEDULES, id);
    if (row) await this.write(cause, removeSchedule(parseSchedule(row.value)));
  }

  /** By id, at most 1,000. */
  async schedules(): Promise<readonly Schedule[]> {
    const { rows } = await this.parts.store.listRows({ collection: SCHEDULES });
    return rows.map((row) => parseSchedule(row.value));
  }

  /** To be called after a unit that `starting` was part of: saves the time until the queues are looked at. */
  nudge(id: string): void {
    this.worker?.nudge(id);
  }

  protected async ended(id: string): Promise<RunInfo> {
    for (let pollMs = this.parts.pollMs; ; pollMs = Math.min(2 * pollMs, POLL_MS_MAX)) {
      const { news, leave } = this.parts.bulletin.next(`run ${id}`, pollMs);
      if (!this.worker?.has(id)) {
        const info = await this.get(id);
        if (!info || isOver(info.status)) leave();
        if (!info) throw workflowUnknown(`there is no run ${id}`);
        if (isOver(info.status)) return info;
      }
      const info = (await news) as RunInfo | undefined; // told by the worker under this topic
      if (info) return info;
    }
  }

  private startedOf(contract: WorkflowContract, options: Omit<StartOptions<unknown>, "reuse">): Started {
    const { name } = contract;
    return this.startedAs(name, encodeValue(contract.input, options.input, `input of ${name}`), options);
  }

  /** `input` is encoded. */
  protected startedAs(name: string, input: string, options: Omit<StartOptions<unknown>, "reuse" | "input">): Started {
    const { clock, random, programs, taskQueue } = this.parts;
    const { id, cause, attributes = {}, parent } = options;
    if (!givenId.safeParse(id).success)
      throw workflowValueInvalid(`a run's id is 1 to 100 letters, digits, _, . and -, not "${id}"`);
    const { correlation, causation, actor, tenant, trace } = cause;
    // In the order of canonical text, which is quicker to write then; so are the entries of histories.
    return {
      actor,
      at: clock.now(),
      attributes,
      ...(causation !== undefined && { causation }),
      correlation,
      id,
      input,
      number: 1,
      ...(parent && { parent }),
      queue: taskQueue,
      seed: random.word(),
      tenant,
      ...(trace !== undefined && { trace }),
      version: options.version ?? programs.workflow(name)?.version ?? 1,
      workflow: name,
    };
  }

  /** False when the id is not free in that form. */
  protected async tryStart(started: Started, remains: Remains = NO_REMAINS, isForgotten = false): Promise<boolean> {
    const { store, clock, ids } = this.parts;
    const { version, past, length } = remains;
    const here = isForgotten ? undefined : await this.worker?.start(started, { version, past, length });
    if (here !== undefined) return here === "started";
    const parts = startingParts(started, remains, isForgotten);
    const verdict = await commitSettled(store, { id: ids("unt"), cause: causeOfRun(started), ...parts }, { clock });
    if (verdict.outcome === "committed") this.worker?.nudge(started.id);
    return verdict.outcome === "committed";
  }

  private async write(cause: UnitCause, effects: readonly Effect[]): Promise<void> {
    const { store, clock, ids } = this.parts;
    await commitSettled(store, { id: ids("unt"), cause, conditions: [], effects }, { clock });
  }

  private async command(
    id: string,
    request: Request,
    order: { by?: UnitCause | undefined; isForEnded?: boolean },
  ): Promise<Refusal> {
    const answer = await this.requests.ask(id, request, order);
    return (JSON.parse(answer.value ?? "null") as string | null) ?? undefined; // written by the worker
  }
}

export interface WorkflowClientOptions extends Pick<ClientParts, "store" | "clock" | "ids" | "random"> {
  /** "main". */
  readonly taskQueue?: string;
  /** What is known here: for queries, signals by name, and what runs wait for. */
  readonly workflows?: readonly AnyWorkflow[];
  readonly steps?: readonly StepImplementation[];
  /** 10,000 and 500 ms: see `WorkflowTuning`. */
  readonly answerMs?: number;
  readonly pollMs?: number;
  /** No worker runs beside it in this process: where one process owns the store nobody answers now. */
  readonly isAlone?: boolean;
}

/** A client without a worker: what it asks for is done by whichever process has one. It only reads until it is asked to send. */
export function workflowClient(options: WorkflowClientOptions): WorkflowClient {
  const { store, clock, ids, random, taskQueue = "main", workflows = [], steps = [], answerMs = 10_000, pollMs = 500 } = options;
  const deadlines = deadlineList(clock);
  const bulletin = new Bulletin(deadlines);
  const programs = new Programs(workflows, steps);
  const isAttended = async (queue: string) => (store.capabilities.isShared ? hasWorker(store, queue) : options.isAlone !== true);
  return new WorkflowClient({
    store,
    clock,
    ids,
    random,
    deadlines,
    bulletin,
    programs,
    taskQueue,
    answerMs,
    pollMs,
    isAttended,
  });
}

/** Why it was not done; undefined when it was. */
export type Refusal = string | undefined;

function mayReuse(info: RunInfo, reuse: StartOptions<unknown>["reuse"] = "never"): boolean {
  if (reuse === "never" || !isOver(info.status)) return false;
  return reuse === "whenEnded" || info.status !== "completed";
}

function startingParts(started: Started, remains: Remains, isForgotten = false) {
  const { id } = started;
  const [first, ...more] = unstarted(id, remains.version);
  return {
    conditions:
      isForgotten && first ? [first, { kind: "keyPresent", key: usedKey(id) } as const] : [...(first ? [first] : []), ...more],
    effects: [
      ...forgotten(id, remains),
      ...(isForgotten ? [{ kind: "deleteKey", key: usedKey(id) } as const] : []),
      appended(id, [startedEvent(started)]),
      rowOf(infoOf(started)),
      attend(started, started.at),
    ],
  };
}
