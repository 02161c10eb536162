import type { ExecuteOptions } from "@daybook/data/cqrs/aggregates";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { givenId } from "@daybook/kernel/ids";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { notFound, requestInvalid } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { etag } from "@daybook/network/http/preconditions";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { assert } from "@daybook/kernel/errors";
import { z } from "zod";
import { comparedSchema } from "./comparisons.ts";
import { differenceSchema, sourceSchema } from "./contract.ts";
import type { AskedQuestion, Question, QuestionCommand } from "./question.ts";
import type { QuestionMoment } from "./questions.ts";
import type { QuestionsService } from "./service.ts";

/** Statuses of the refusals of this context. */
export const QUESTION_STATUSES: StatusTable = { "question-not-found": 404, "question-closed": 409 };

export interface QuestionRoutesParts {
  readonly questions: QuestionsService;
  readonly store: Store;
  readonly clock: Clock;
}

const READ = { roles: ["operator", "viewer"] };
const ACT = { roles: ["operator"] };
const TAG = "questions";
const ONE = "/api/v1/questions/{id}";

const idSchema = z.strictObject({ id: givenId });
const wordsSchema = z.string().trim().min(1).max(500);
const cursorSchema = z.strictObject({ entry: z.string().max(255), key: z.string().max(255) });
const timeSchema = z.iso.datetime();
const statusSchema = z.enum(["open", "taken", "resolved", "settled"]);
const questionSchema = z.strictObject({
  id: z.string(),
  source: sourceSchema,
  ...differenceSchema.shape,
  status: statusSchema,
  askedAt: timeSchema,
  taken: z.strictObject({ by: z.string(), note: z.string() }).optional(),
  resolved: z.strictObject({ by: z.string(), reason: z.string() }).optional(),
  version: z.int(),
});
const momentSchema = z.strictObject({
  what: z.enum(["asked", "changed", "taken", "resolved", "settled"]),
  at: timeSchema,
  by: z.string(),
  cause: z.string(),
  /** What was found, noted, or given as the reason. */
  said: z.string().optional(),
});
const wholeSchema = questionSchema.extend({ history: z.array(momentSchema) });
const timesSchema = { startedAt: timeSchema, endedAt: timeSchema, from: timeSchema, to: timeSchema, until: timeSchema };
const comparisonSchema = comparedSchema.omit({ comparisonId: true }).extend({ id: z.string(), ...timesSchema });

/** What is work for a person, and the comparisons that find it. */
export function questionRoutes(parts: QuestionRoutesParts): readonly Route[] {
  const take = z.strictObject({ note: wordsSchema });
  const resolve = z.strictObject({ reason: wordsSchema });
  return [
    list(parts),
    details(parts),
    act(parts, "take", "Say that one sees to a question, and how", take, (body) => ({ type: "take", ...body })),
    act(parts, "resolve", "Say that one has seen to it, and why it is right now", resolve, (body) => ({
      type: "resolve",
      ...body,
    })),
    compared(parts),
    compare(parts),
  ];
}

function list({ questions: { questions } }: QuestionRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/questions",
    name: "listQuestions",
    summary: "What waits for a person, longest first; or by one of source, status, order",
    tag: TAG,
    auth: READ,
    query: z
      .strictObject({
        source: sourceSchema.optional(),
        status: statusSchema.optional(),
        order: givenId.optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: z.string().max(1_000).optional(),
      })
      .refine(({ source, status, order }) => [source, status, order].filter((each) => each !== undefined).length <= 1, {
        message: "one of source, status and order",
      }),
    success: {
      status: 200,
      schema: z.strictObject({ questions: z.array(questionSchema), next: z.string().optional() }),
      headers: { link: "The next page" },
    },
    problems: ["cursor-invalid"],
    async handle({ query: { source, status, order: orderId, limit, cursor }, target }) {
      const after = cursor === undefined ? {} : { after: readCursor(cursor, cursorSchema) };
      const found = await questions.list({ source, status, orderId }, { limit, ...after });
      const shown = found.questions.map(({ question, version }) => bodyOf(question, version));
      return pageAnswer(target, { questions: shown }, found.next);
    },
  });
}

function details({ questions: { questions } }: QuestionRoutesParts): Route {
  return route({
    method: "GET",
    path: ONE,
    name: "getQuestion",
    summary: "A question, and all that happened to it",
    tag: TAG,
    auth: READ,
    params: idSchema,
    success: { status: 200, schema: wholeSchema, headers: { etag: "The question's version" } },
    problems: ["not-found"],
    async handle({ params: { id } }) {
      const found = await questions.get(id);
      if (!found) throw notFound(`there is no question ${id}`);
      const { question, version } = found;
      const body = { ...bodyOf(question, version), history: (await questions.history(id)).map(momentOf) };
      return jsonAnswer(200, body, { etag: etag(version) });
    },
  });
}

type Act = { readonly type: "take"; readonly note: string } | { readonly type: "resolve"; readonly reason: string };

function act<Body>(
  { questions: { questions }, store }: QuestionRoutesParts,
  verb: Act["type"],
  summary: string,
  body: z.ZodType<Body>,
  actOf: (body: Body) => Act,
): Route {
  return route({
    method: "POST",
    path: `${ONE}/${verb}`,
    name: `${verb}Question`,
    summary,
    tag: TAG,
    auth: ACT,
    params: idSchema,
    body,
    isIdempotent: true,
    ifMatch: "optional",
    success: { status: 200, schema: questionSchema, headers: { etag: "The question's version" } },
    problems: Object.keys(QUESTION_STATUSES),
    handle(request) {
      const { params, principal } = request;
      const command: QuestionCommand = { questionId: params.id, by: principal.id, ...actOf(request.body) };
      const render: ExecuteOptions<Question, HttpAnswer>["render"] = (outcome) => {
        if (outcome.kind === "refused") return problemAnswer(outcome.refusal, QUESTION_STATUSES, request.context.traceparent);
        const { state, version } = outcome;
        assert(state.status !== "absent", "a command that was carried out leaves a question");
        return jsonAnswer(200, bodyOf(state, version), { etag: etag(version) });
      };
      return commandAnswer(store, `${verb}-question`, request, (execution) =>
        questions.execute(command, { ...execution, render }),
      );
    },
  });
}

function compared({ questions: { comparisons } }: QuestionRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/comparisons",
    name: "listComparisons",
    summary: "The last comparison of each source with the other side",
    tag: TAG,
    auth: READ,
    success: { status: 200, schema: z.strictObject({ comparisons: z.array(comparisonSchema) }) },
    async handle() {
      const last = await comparisons.last();
      return jsonAnswer(200, {
        comparisons: last.map(({ comparisonId: id, startedAt, endedAt, from, to, until, ...rest }) => {
          const times = { startedAt, endedAt, from, to, until };
          return { id, ...rest, ...Object.fromEntries(Object.entries(times).map(([name, at]) => [name, timeText(at)])) };
        }),
      });
    },
  });
}

function compare({ questions: { comparisons }, clock }: QuestionRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/comparisons",
    name: "compareSource",
    summary: "Compare a source with the other side now: what was not compared yet, or what changed in a time that is over",
    tag: TAG,
    auth: ACT,
    body: z.strictObject({ source: sourceSchema, from: timeSchema.optional(), to: timeSchema.optional() }),
    success: { status: 202, schema: z.strictObject({ id: z.string() }) },
    problems: ["request-invalid"],
    async handle({ body: { source, ...period }, context }) {
      const [from, to] = [timeOf(period.from), timeOf(period.to)];
      if ((to ?? 0) > clock.now() || (from ?? 0) > (to ?? clock.now()))
        throw requestInvalid("a time that is over: from, then to");
      return jsonAnswer(202, { id: await comparisons.request({ source, from, to }, context) });
    },
  });
}

function bodyOf({ questionId: id, askedAt, ...question }: AskedQuestion, version: number): z.infer<typeof questionSchema> {
  return { id, ...question, askedAt: timeText(askedAt), version };
}

function momentOf({ event, at, actor: by, cause }: QuestionMoment): z.infer<typeof momentSchema> {
  const moment = { at: timeText(at), by, cause };
  switch (event.type) {
    case "QuestionAsked":
      return { what: "asked", ...moment, said: event.data.found };
    case "QuestionChanged":
      return { what: "changed", ...moment, said: event.data.found };
    case "QuestionTaken":
      return { what: "taken", ...moment, said: event.data.note };
    case "QuestionResolved":
      return { what: "resolved", ...moment, said: event.data.reason };
    case "QuestionSettled":
      return { what: "settled", ...moment };
  }
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function timeText(epochMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toString({ smallestUnit: "millisecond" });
}
