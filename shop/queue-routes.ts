import type { SubjectKeys } from "@daybook/kernel/sealed";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { givenId, type IdSource } from "@daybook/kernel/ids";
import { subjectsOf } from "@daybook/kernel/record-codec";
import type { Queue } from "@daybook/messaging/queue";
import { deadLetters, type DeadLetter, type DeadLetters } from "@daybook/messaging/queue/dead-letters";
import { deadLetterUnknown } from "@daybook/messaging/queue/errors";
import { queueControl, type QueueControl } from "@daybook/messaging/queue/queue-control";
import { notFound, requestInvalid } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { jsonAnswer, route, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import { acting, dryRun, LOOK, looking } from "./operator-route.ts";
import { census } from "./queue-census.ts";

/** Statuses of what these routes refuse. */
export const QUEUE_STATUSES: StatusTable = { "dead-letter-unknown": 404, "message-unreadable": 409 };

export interface QueueRoutesParts {
  readonly queues: readonly Queue<unknown>[];
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of the people whose data messages hold. */
  readonly keys: SubjectKeys;
}

interface Operated {
  readonly queue: Queue<unknown>;
  readonly control: QueueControl;
  readonly dead: DeadLetters<unknown>;
}

const ONE = "/api/v1/queues/{name}";
const TAG = "queues";
const params = z.strictObject({ name: givenId });
const letterId = z.string().regex(/^[\w.~-]{1,120}$/, "a dead letter's id");
const letterParams = z.strictObject({ name: givenId, id: letterId });
const LIMIT = z.coerce.number().int().min(1).max(200).default(50);
const CURSOR = z.string().max(1_000).optional();
const queueSchema = z.looseObject({ name: z.string(), isPaused: z.boolean() });
const letterSchema = z.looseObject({ id: z.string() });

/** Routes for whoever looks after queues. Looking consumes nothing; each act is recorded with its actor. */
export function queueRoutes(parts: QueueRoutesParts): readonly Route[] {
  const queues = new Queues(parts);
  return [
    list(queues),
    details(queues),
    messages(queues),
    dead(queues),
    deadLetter(queues),
    ...pausing(queues),
    redrive(queues),
    edit(queues, parts.keys),
    discard(queues),
  ];
}

class Queues {
  readonly names: readonly string[];
  private readonly parts: QueueRoutesParts;

  constructor(parts: QueueRoutesParts) {
    this.parts = parts;
    this.names = parts.queues.map(({ name }) => name).toSorted();
  }

  get({ name }: { readonly name: string }): Operated {
    const { queues, store, clock, ids } = this.parts;
    const queue = queues.find((each) => each.name === name);
    if (!queue) throw notFound(`there is no queue ${name}; there are: ${this.names.join(", ")}`);
    const common = { queue, store, clock, ids };
    return { queue, control: queueControl(common), dead: deadLetters(common) };
  }

  async body(name: string) {
    const { queue, control, dead: letters } = this.get({ name });
    const [state, counts, groups] = await Promise.all([
      control.state(),
      this.parts.store.now().then((now) => census(queue, control, now)),
      letters.groups(),
    ]);
    const parked = { total: groups.reduce((sum, { count }) => sum + count, 0), byCause: groups };
    return { name, isPaused: state.isPaused, ...counts, dead: parked, settings: state.settings };
  }
}

function list(queues: Queues): Route {
  return looking({
    path: "/api/v1/queues",
    name: "listQueues",
    summary: "Queues: depth, in flight, paused, dead letters by cause",
    tag: TAG,
    schema: z.strictObject({ queues: z.array(queueSchema) }),
    answer: async () => ({ queues: await Promise.all(queues.names.map((name) => queues.body(name))) }),
  });
}

function details(queues: Queues): Route {
  return looking({
    path: ONE,
    name: "getQueue",
    summary: "A queue: depth, in flight, paused, dead letters by cause, settings as they count now",
    tag: TAG,
    params,
    schema: queueSchema,
    problems: ["not-found"],
    answer: ({ params: { name } }) => queues.body(queues.get({ name }).queue.name),
  });
}

function messages(queues: Queues): Route {
  return route({
    method: "GET",
    path: `${ONE}/messages`,
    name: "browseQueue",
    summary: "Messages in the order in which they are due; none is taken",
    tag: TAG,
    auth: LOOK,
    params,
    query: z.strictObject({ priority: z.coerce.number().int().min(0).max(100).default(0), limit: LIMIT, cursor: CURSOR }),
    success: {
      status: 200,
      schema: z.strictObject({ messages: z.array(z.looseObject({ id: z.string(), at: z.int() })), next: z.string().optional() }),
      headers: { link: "The next page" },
    },
    problems: ["not-found", "cursor-invalid"],
    async handle({ params: name, query: { priority, limit, cursor }, target }) {
      const after = cursor === undefined ? undefined : readCursor(cursor, z.strictObject({ at: z.number(), id: z.string() }));
      const found = await queues.get(name).control.browse({ priority, limit, ...(after && { after }) });
      const last = found.length === limit ? found.at(-1) : undefined;
      const body = found.map(({ dueId: _, ...message }) => ({ ...message, body: shown(message.body) }));
      return pageAnswer(target, { messages: body }, last && { at: last.at, id: last.dueId });
    },
  });
}

function dead(queues: Queues): Route {
  return route({
    method: "GET",
    path: `${ONE}/dead`,
    name: "listDeadLetters",
    summary: "Messages that are not delivered any more, with cause, origin and attempts; by id, or of one cause by time",
    tag: TAG,
    auth: LOOK,
    params,
    query: z.strictObject({ cause: z.string().min(1).max(100).optional(), limit: LIMIT, cursor: CURSOR }),
    success: {
      status: 200,
      schema: z.strictObject({ letters: z.array(letterSchema), next: z.string().optional() }),
      headers: { link: "The next page" },
    },
    problems: ["not-found", "cursor-invalid"],
    async handle({ params: name, query: { cause, limit, cursor }, target }) {
      const after = cursor === undefined ? undefined : readCursor(cursor, z.strictObject({ entry: z.string(), key: z.string() }));
      const options = { limit, ...(cause !== undefined && { cause }), ...(after && { after }) };
      const page = await queues.get(name).dead.list(options);
      return pageAnswer(target, { letters: page.letters.map(letterBody) }, page.next);
    },
  });
}

function deadLetter(queues: Queues): Route {
  return looking({
    path: `${ONE}/dead/{id}`,
    name: "getDeadLetter",
    summary: "A dead letter, with cause, origin, attempts and edits",
    tag: TAG,
    params: letterParams,
    schema: letterSchema,
    problems: ["not-found", "dead-letter-unknown"],
    answer: async ({ params: at }) => letterBody(await letterOf(queues, at)),
  });
}

function pausing(queues: Queues): readonly Route[] {
  return (["pause", "resume"] as const).map((kind) =>
    acting({
      path: `${ONE}/${kind}`,
      name: `${kind}Queue`,
      summary: kind === "pause" ? "From the answer on nobody takes a message of the queue" : "Messages are taken again",
      tag: TAG,
      params,
      body: z.strictObject(dryRun),
      schema: z.looseObject({ name: z.string(), isPaused: z.boolean() }),
      problems: ["not-found"],
      async handle({ params: { name }, body, context }) {
        const { control } = queues.get({ name });
        if (body.dryRun) {
          const { isPaused } = await control.state();
          return jsonAnswer(200, { dryRun: true, name, isPaused, becomes: { isPaused: kind === "pause" } });
        }
        await control[kind](context);
        return jsonAnswer(200, { name, isPaused: (await control.state()).isPaused });
      },
    }),
  );
}

function redrive(queues: Queues): Route {
  const which = z
    .strictObject({
      id: letterId.optional(),
      cause: z.string().min(1).max(100).optional(),
      all: z.literal(true).optional(),
      ...dryRun,
    })
    .refine(
      ({ id, cause, all }) => [id, cause, all].filter((each) => each !== undefined).length === 1,
      "one of id, cause and all",
    );
  return acting({
    path: `${ONE}/redrive`,
    name: "redriveDeadLetters",
    summary: "Sends dead letters again as the same messages: one, all of one cause, or all",
    tag: TAG,
    params,
    body: which,
    schema: z.looseObject({ redriven: z.int() }),
    problems: ["not-found", "dead-letter-unknown", "message-unreadable"],
    async handle({ params: name, body: { id, cause, dryRun: isPreview }, context }) {
      const letters = queues.get(name).dead;
      if (isPreview) return jsonAnswer(200, { dryRun: true, redriven: 0, ...(await redrivable(queues, name, id, cause)) });
      if (id === undefined) {
        const redriven = await letters.redriveAll(cause === undefined ? {} : { cause }, context);
        return jsonAnswer(200, { redriven });
      }
      await letters.redrive(id, context);
      return jsonAnswer(200, { redriven: 1 });
    },
  });
}

/** What a redrive would send again; what cannot be read stays. */
async function redrivable(queues: Queues, at: { readonly name: string }, id: string | undefined, cause: string | undefined) {
  const { dead: letters } = queues.get(at);
  if (id !== undefined) {
    const { header, cause: why } = await letterOf(queues, { ...at, id });
    return { wouldRedrive: header ? 1 : 0, wouldStay: header ? 0 : 1, byCause: [{ cause: why.code, count: 1 }] };
  }
  let wouldRedrive = 0;
  let wouldStay = 0;
  const counts = new Map<string, number>();
  for (let after: Awaited<ReturnType<DeadLetters<unknown>["list"]>>["next"]; ;) {
    const page = await letters.list({ limit: 1_000, ...(cause !== undefined && { cause }), ...(after && { after }) });
    for (const letter of page.letters) {
      if (letter.header) wouldRedrive++;
      else wouldStay++;
      counts.set(letter.cause.code, (counts.get(letter.cause.code) ?? 0) + 1);
    }
    if (!page.next) break;
    after = page.next;
  }
  return { wouldRedrive, wouldStay, byCause: [...counts].map(([code, count]) => ({ cause: code, count })) };
}

function edit(queues: Queues, keys: SubjectKeys): Route {
  return acting({
    path: `${ONE}/dead/{id}/edit`,
    name: "editDeadLetter",
    summary: "Replaces a dead letter's message by one that fits the queue; redrive it then",
    tag: TAG,
    params: letterParams,
    body: z.strictObject({ message: z.unknown(), ...dryRun }),
    schema: letterSchema,
    problems: ["not-found", "dead-letter-unknown"],
    async handle({ params: at, body, context }) {
      const { queue, dead: letters } = queues.get(at);
      const before = await letterOf(queues, at);
      const fitting = queue.message.schema.safeParse(body.message);
      if (!fitting.success) {
        const errors = fitting.error.issues.map(({ path, message }) => ({
          in: "body",
          pointer: ["", "message", ...path.map(String)].join("/"),
          message,
        }));
        throw requestInvalid(`the message is no ${queue.message.name}`, { details: { errors } });
      }
      if (body.dryRun) return jsonAnswer(200, { dryRun: true, id: at.id, body: shown(before.body), becomes: fitting.data });
      const subjects = subjectsOf(queue.message, fitting.data);
      await letters.edit(at.id, fitting.data, context, await keys.ensure(subjects));
      return jsonAnswer(200, letterBody(await letterOf(queues, at)));
    },
  });
}

function discard(queues: Queues): Route {
  return acting({
    path: `${ONE}/dead/{id}/discard`,
    name: "discardDeadLetter",
    summary: "Removes a dead letter for ever",
    tag: TAG,
    params: letterParams,
    body: z.strictObject(dryRun),
    schema: letterSchema,
    problems: ["not-found", "dead-letter-unknown"],
    async handle({ params: at, body, context }) {
      const letter = await letterOf(queues, at);
      if (body.dryRun) return jsonAnswer(200, { dryRun: true, ...letterBody(letter) });
      await queues.get(at).dead.discard(at.id, context);
      return jsonAnswer(200, { id: at.id, isDiscarded: true });
    },
  });
}

async function letterOf(queues: Queues, { name, id }: { readonly name: string; readonly id: string }): Promise<DeadLetter> {
  const letter = await queues.get({ name }).dead.get(id);
  if (!letter) throw deadLetterUnknown(`queue ${name} has no dead letter ${id}`);
  return letter;
}

function letterBody(letter: DeadLetter) {
  return { ...letter, body: shown(letter.body) };
}

/** As the document that it is, where it is one; personal fields are sealed in it. */
function shown(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
