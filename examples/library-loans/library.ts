import { aggregates, type Executed, type ExecuteOptions } from "@daybook/data/cqrs/aggregates";
import { readModel } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { DomainEvent, RecordedEvent } from "@daybook/data/event-store/event";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import type { Effect, Unit } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import { errorCode } from "@daybook/kernel/errors";
import { idSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { eventObserver } from "@daybook/messaging/bus/event-observer";
import { WorkflowEngine } from "@daybook/workflow/engine";
import { implement } from "@daybook/workflow/implement";
import { copyDecider, type Copy, type CopyCommand, type CopyEvent } from "./copy.ts";
import { copyEvents } from "./events.ts";
import { loanWorkflow } from "./loan.workflow.ts";
import { loans, type Loan } from "./loans.ts";
import { chargeFee, sendLetter, waiveFee, type Letter } from "./steps.ts";

export interface LibraryOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the process: unique, kept over restarts. */
  readonly owner: string;
  /** Delivers a letter; may be called twice with the same key. */
  readonly post: (letter: Letter, key: string) => void | Promise<void>;
  /** How long a day takes; 86,400,000 unless somebody is in a hurry. */
  readonly dayMs?: number;
}

export type Library = ReturnType<typeof openLibrary>;

/** The library at work on a store: commands, the read model of loans, and a workflow for each loan. */
export function openLibrary({ store, clock, random, owner, post, dayMs = 86_400_000 }: LibraryOptions) {
  const ids = idSource(clock, random);
  const events = eventStore(store, copyEvents, memoryKeys());
  const copies = aggregates<Copy, CopyCommand, CopyEvent>({ events, decider: copyDecider, clock, ids });
  const steps = [
    implement(sendLetter, async (letter, { key }) => (await post(letter, key), null)),
    implement(chargeFee, ({ reader }, { key, cause }) =>
      write(cause, { kind: "putRow", collection: "fees", key, value: reader }),
    ),
    implement(waiveFee, (_, { key, cause }) => write(cause, { kind: "deleteRow", collection: "fees", key })),
  ];
  const workflows = new WorkflowEngine({ store, clock, ids, random, owner, workflows: [loanWorkflow], steps });
  const projection = runProjection(loans, { events, clock, ids, owner });
  const returns = eventObserver({ name: "returns", events, clock, ids, random, owner, types: ["CopyReturned"], handle: tell });

  /** The same row under the same key however often it is tried. */
  async function write(cause: Unit["cause"], effect: Effect): Promise<null> {
    await commitSettled(store, { id: ids("unt"), cause, conditions: [], effects: [effect] }, { clock });
    return null;
  }

  /** The copy is back: whoever follows its loan is told. */
  async function tell({ stream, event }: RecordedEvent): Promise<void> {
    const { loan } = event.data as { readonly loan: number }; // of a CopyReturned
    try {
      await workflows.signal(loanWorkflow, loanId(stream, loan), "returned", null);
    } catch (error) {
      if (errorCode(error) !== "workflow-ended") throw error; // the copy had been given up
    }
  }

  /** What starts the loan's workflow, as part of the unit that lends the copy: it runs if and only if the copy is lent. */
  function following(context: Context, copy: string, happened: readonly DomainEvent[]) {
    const lent = (happened as readonly CopyEvent[]).find(({ type }) => type === "CopyLent"); // the decider decides no other events
    if (lent?.type !== "CopyLent") return {};
    const { reader, title, dueAt, loan } = lent.data;
    const input = { reader, title, remindAt: dueAt - 3 * dayMs, dueAt, lostAt: dueAt + 28 * dayMs };
    const run = loanId(`copy-${copy}`, loan);
    const start = workflows.starting(loanWorkflow, { id: run, input, cause: causeOf(context), attributes: { reader } });
    const refusal = { code: "loan-followed", message: "this loan is followed already" };
    return { run, guards: start.conditions.map((condition) => ({ condition, refusal })), effects: start.effects };
  }

  return {
    workflows,
    loans: readModel<Loan>(store, loans.name),
    dueAt: () => clock.now() + 14 * dayMs,
    async command<Answer>(copy: string, command: CopyCommand, options: CommandOptions<Answer>): Promise<Executed<Answer>> {
      let started: string | undefined;
      const extra = (_: unknown, happened: readonly DomainEvent[]) => {
        const { run, ...parts } = following(options.context, copy, happened);
        started = run;
        return parts;
      };
      const executed = await copies.execute(copy, command, { ...options, extra });
      if (started !== undefined) workflows.nudge(started); // it is durable already: this only wakes it at once
      return executed;
    },
    async close(): Promise<void> {
      await Promise.all([returns.stop(), projection.stop(), workflows.stop()]);
    },
  };
}

type CommandOptions<Answer> = Pick<ExecuteOptions<Copy, Answer>, "context" | "idempotency" | "expectedVersion" | "render">;

/** The run that follows the copy's loan of that number. */
function loanId(stream: string, loan: number): string {
  return `${stream}-loan-${loan}`;
}
