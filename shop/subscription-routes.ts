import { readCheckpoint } from "@daybook/data/event-store/checkpoint";
import { parkedEventUnknown } from "@daybook/data/event-store/errors";
import {
  allParked,
  dropParked,
  getParked,
  listParked,
  redriveParked,
  type ChangeParked,
  type ParkedEvent,
} from "@daybook/data/event-store/parked-events";
import type { SubscriptionStatus } from "@daybook/data/event-store/subscription";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { errorCode } from "@daybook/kernel/errors";
import { givenId, type IdSource } from "@daybook/kernel/ids";
import { notFound } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { jsonAnswer, route, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import { acting, dryRun, LOOK, looking } from "./operator-route.ts";

/** Statuses of what these routes refuse. */
export const SUBSCRIPTION_STATUSES: StatusTable = { "parked-event-unknown": 404 };

export interface SubscriptionRoutesParts {
  /** The subscriptions that park what fails. */
  readonly names: readonly string[];
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Those that run in this process. */
  readonly running: () => readonly SubscriptionStatus[];
}

const ONE = "/api/v1/subscriptions/{name}";
const TAG = "subscriptions";
const params = z.strictObject({ name: givenId });
const parkedParams = params.extend({ position: z.coerce.number().int().min(1) });
const subscriptionSchema = z.looseObject({ name: z.string(), position: z.int(), lag: z.int() });
const parkedSchema = z.looseObject({ position: z.int(), cause: z.strictObject({ code: z.string(), message: z.string() }) });
const causeSchema = z.string().min(1).max(100);

/** Routes for whoever looks after subscriptions: events that were passed over because their handler kept failing. */
export function subscriptionRoutes(parts: SubscriptionRoutesParts): readonly Route[] {
  const subscriptions = new Subscriptions(parts);
  return [list(subscriptions), parked(subscriptions), one(subscriptions), redrive(subscriptions), drop(subscriptions)];
}

interface Which {
  readonly position?: number | undefined;
  readonly cause?: string | undefined;
}

class Subscriptions {
  readonly names: readonly string[];
  private readonly parts: SubscriptionRoutesParts;

  constructor(parts: SubscriptionRoutesParts) {
    this.parts = parts;
    this.names = parts.names.toSorted();
  }

  of(name: string): ChangeParked {
    const { store, clock, ids } = this.parts;
    if (!this.names.includes(name)) throw notFound(`there is no subscription ${name}; there are: ${this.names.join(", ")}`);
    return { name, store, clock, ids };
  }

  async body(name: string) {
    const { store, running } = this.parts;
    const [{ position }, head] = await Promise.all([readCheckpoint(store, name), store.head()]);
    const status = running().find((each) => each.name === name);
    const { state, blockedBy } = status ?? {};
    const reached = Math.max(position, status?.position ?? 0);
    const byCause = await this.causes(name, {});
    const total = byCause.reduce((sum, { count }) => sum + count, 0);
    return {
      name,
      position: reached,
      lag: Math.max(0, head.position - reached),
      ...(state && { state }),
      ...(blockedBy && { blockedBy }),
      parked: { total, byCause },
    };
  }

  async *wanted(name: string, { position, cause }: Which): AsyncGenerator<ParkedEvent> {
    if (position !== undefined) yield await this.parkedAt(name, position);
    else for await (const event of allParked(this.of(name))) if (cause === undefined || event.cause.code === cause) yield event;
  }

  async parkedAt(name: string, position: number): Promise<ParkedEvent> {
    const event = await getParked(this.of(name), position);
    if (!event) throw parkedEventUnknown(`subscription ${name} has no parked event at position ${position}`);
    return event;
  }

  async causes(name: string, which: Which) {
    const counts = new Map<string, number>();
    for await (const { cause } of this.wanted(name, which)) counts.set(cause.code, (counts.get(cause.code) ?? 0) + 1);
    return [...counts].map(([cause, count]) => ({ cause, count }));
  }

  /** How many are handled again. Of several, those are passed over that somebody else took up meanwhile. */
  async redrive(name: string, which: Which, context: Context): Promise<number> {
    let redriven = 0;
    for await (const { position } of this.wanted(name, which)) {
      try {
        await redriveParked(this.of(name), position, context);
        redriven++;
      } catch (error) {
        if (which.position !== undefined || errorCode(error) !== "parked-event-unknown") throw error;
      }
    }
    return redriven;
  }
}

function list(subscriptions: Subscriptions): Route {
  return looking({
    path: "/api/v1/subscriptions",
    name: "listSubscriptions",
    summary: "Subscriptions that go on behind an event that fails: how far they are, and what they parked, by cause",
    tag: TAG,
    schema: z.strictObject({ subscriptions: z.array(subscriptionSchema) }),
    answer: async () => ({ subscriptions: await Promise.all(subscriptions.names.map((name) => subscriptions.body(name))) }),
  });
}

function parked(subscriptions: Subscriptions): Route {
  return route({
    method: "GET",
    path: `${ONE}/parked`,
    name: "listParkedEvents",
    summary: "Events that the subscription passed over because its handler kept failing, with cause, origin and attempts",
    tag: TAG,
    auth: LOOK,
    params,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(1_000).optional(),
    }),
    success: {
      status: 200,
      schema: z.strictObject({ events: z.array(parkedSchema), next: z.string().optional() }),
      headers: { link: "The next page" },
    },
    problems: ["not-found", "cursor-invalid"],
    async handle({ params: { name }, query: { limit, cursor }, target }) {
      const after = cursor === undefined ? undefined : readCursor(cursor, z.strictObject({ entry: z.string(), key: z.string() }));
      const page = await listParked(subscriptions.of(name), { limit, ...(after && { after }) });
      return pageAnswer(target, { events: page.events }, page.next);
    },
  });
}

function one(subscriptions: Subscriptions): Route {
  return looking({
    path: `${ONE}/parked/{position}`,
    name: "getParkedEvent",
    summary: "A parked event, with cause, origin and attempts",
    tag: TAG,
    params: parkedParams,
    schema: parkedSchema,
    problems: ["not-found", "parked-event-unknown"],
    answer: ({ params: { name, position } }) => subscriptions.parkedAt(name, position),
  });
}

function redrive(subscriptions: Subscriptions): Route {
  const which = z
    .strictObject({
      position: z.int().min(1).optional(),
      cause: causeSchema.optional(),
      all: z.literal(true).optional(),
      ...dryRun,
    })
    .refine(
      ({ position, cause, all }) => [position, cause, all].filter((each) => each !== undefined).length === 1,
      "one of position, cause and all",
    );
  return acting({
    path: `${ONE}/redrive`,
    name: "redriveParkedEvents",
    summary: "Has the subscription handle parked events again: one, all of one cause, or all; one that fails stays parked",
    tag: TAG,
    params,
    body: which,
    schema: z.looseObject({ redriven: z.int() }),
    problems: ["not-found", "parked-event-unknown"],
    async handle({ params: { name }, body: { dryRun: isPreview, position, cause }, context }) {
      if (!isPreview) return jsonAnswer(200, { redriven: await subscriptions.redrive(name, { position, cause }, context) });
      const byCause = await subscriptions.causes(name, { position, cause });
      const wouldRedrive = byCause.reduce((sum, { count }) => sum + count, 0);
      return jsonAnswer(200, { dryRun: true, redriven: 0, wouldRedrive, byCause });
    },
  });
}

function drop(subscriptions: Subscriptions): Route {
  return acting({
    path: `${ONE}/parked/{position}/drop`,
    name: "dropParkedEvent",
    summary: "Forgets a parked event: the subscription never handles it",
    tag: TAG,
    params: parkedParams,
    body: z.strictObject(dryRun),
    schema: z.looseObject({ position: z.int() }),
    problems: ["not-found", "parked-event-unknown"],
    async handle({ params: { name, position }, body, context }) {
      const event = await subscriptions.parkedAt(name, position);
      if (body.dryRun) return jsonAnswer(200, { dryRun: true, ...event });
      await dropParked(subscriptions.of(name), position, context);
      return jsonAnswer(200, { position, isDropped: true });
    },
  });
}
