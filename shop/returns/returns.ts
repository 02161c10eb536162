import { aggregates, type Aggregates, type Executed } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import type { IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { digestHex } from "@daybook/kernel/digest";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import { sender, type Sender } from "@daybook/messaging/queue/send";
import { valueOf, type Answer, type Call, type Operable } from "@daybook/network/rpc/contract";
import type { orderingContract } from "@daybook/shop-ordering/contract";
import { returnWork, type RequestReturn, type Return, type returnsContract } from "./contract.ts";
import { notFound, returnOf, returnsDecider, type OrderReturns, type ReturnChange, type ReturnCommand } from "./order-returns.ts";
import { readReturn, returnRows, type ReturnRow } from "./return-row.ts";
import { DEFAULT_RULES, type ReturnRules } from "./rules.ts";

export interface ReturnsParts {
  /** Knows `returnEvents`. */
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly ordering: Pick<Operable<(typeof orderingContract)["operations"]>, "forReturn">;
  /** Which returns are accepted at once, and which are a person's to decide. */
  readonly rules?: ReturnRules;
}

/** What a command came to: the return after it, or why not. */
export type ReturnOutcome = ({ readonly kind: "done" } & ReturnRow) | { readonly kind: "refused"; readonly refusal: Refusal };

export interface ReturnExecution<Rendered> {
  readonly context: Context;
  readonly idempotency?: IdempotentRequest | undefined;
  /** Of the order's returns. */
  readonly expectedVersion?: number | undefined;
  /** Pure; plain data under a key. */
  readonly render: (outcome: ReturnOutcome) => Rendered;
}

type Operations = Operable<(typeof returnsContract)["operations"]>;

/** Carries out `returnsContract`: the returns of an order are decided on one after another. */
export class Returns implements Operations {
  private readonly orders: Aggregates<OrderReturns, ReturnCommand>;
  private readonly work: Sender<{ returnId: string }>;
  private readonly parts: ReturnsParts;

  constructor(parts: ReturnsParts) {
    const { events, clock, ids } = parts;
    this.parts = parts;
    this.orders = aggregates({ ...parts, decider: returnsDecider, inline: returnRows });
    this.work = sender({ queue: returnWork, store: events.store, clock, ids });
  }

  readonly request: Operations["request"] = async (asked, { context, key }) => {
    const returnId = key === undefined ? this.parts.ids("ret") : `ret_${digestHex(key).slice(0, 26)}`;
    return plainly(await this.ask(returnId, asked, { context, render: answerOf }));
  };

  readonly accept: Operations["accept"] = ({ returnId }, call) => this.plain(returnId, { type: "accept" }, call);
  readonly reject: Operations["reject"] = ({ returnId, reason }, call) => this.plain(returnId, { type: "reject", reason }, call);
  readonly receive: Operations["receive"] = ({ returnId, writtenOff }, call) =>
    this.plain(returnId, { type: "receive", writtenOff }, call);
  readonly complete: Operations["complete"] = ({ returnId, creditNote }, call) =>
    this.plain(returnId, { type: "complete", creditNote }, call);

  readonly get: Operations["get"] = async ({ returnId }) => ({
    value: (await readReturn(this.parts.events.store, returnId))?.return ?? null,
  });

  /** Asks for a return under an id of the caller's. */
  ask<Rendered>(returnId: string, asked: RequestReturn, execution: ReturnExecution<Rendered>): Promise<Executed<Rendered>> {
    const { ordering, rules = DEFAULT_RULES } = this.parts;
    const { orderId, customerId } = asked;
    const command = async (): Promise<ReturnCommand> => {
      const found = valueOf(await ordering.forReturn({ orderId }, { context: execution.context }));
      const order = found && (customerId === undefined || customerId === found.customerId) ? found : undefined;
      return { type: "request", returnId, asked, order, rules };
    };
    return this.execute(orderId, returnId, command(), execution);
  }

  /** Changes a return that was asked for. */
  async change<Rendered>(
    returnId: string,
    change: ReturnChange,
    execution: ReturnExecution<Rendered>,
  ): Promise<Executed<Rendered>> {
    const row = await readReturn(this.parts.events.store, returnId);
    if (row) return this.execute(row.return.orderId, returnId, { ...change, returnId }, execution);
    const answer = execution.render({ kind: "refused", ...notFound() });
    return { kind: "answered", answer, isReplayed: false, position: 0 };
  }

  private async plain(returnId: string, change: ReturnChange, { context }: Call): Promise<Answer<Return>> {
    return plainly(await this.change(returnId, change, { context, render: answerOf }));
  }

  private execute<Rendered>(
    orderId: string,
    returnId: string,
    command: ReturnCommand | Promise<ReturnCommand>,
    { render, ...execution }: ReturnExecution<Rendered>,
  ): Promise<Executed<Rendered>> {
    // One order's life has one correlation id: the order's own, whoever asks.
    const context = { ...execution.context, correlationId: orderId };
    return this.orders.execute(orderId, command, {
      ...execution,
      context,
      extra: (_, happened) => ({
        effects: happened.some(({ type }) => NEWS.has(type)) ? [this.work.effect({ returnId }, { context })] : [],
      }),
      render(outcome) {
        if (outcome.kind === "refused") return render(outcome);
        const found = returnOf(outcome.state, returnId);
        assert(found, "a command that was carried out leaves a return");
        return render({ kind: "done", return: found, version: outcome.version });
      },
    });
  }
}

/** What whoever carries returns out has to know. */
const NEWS: ReadonlySet<string> = new Set(["ReturnRequested", "ReturnAccepted", "ReturnRejected", "ReturnReceived"]);

function answerOf(outcome: ReturnOutcome): Answer<Return> {
  return outcome.kind === "refused" ? { refusal: outcome.refusal } : { value: outcome.return };
}

function plainly(executed: Executed<Answer<Return>>): Answer<Return> {
  assert(executed.kind === "answered", "neither a key nor a version was given");
  return executed.answer;
}
