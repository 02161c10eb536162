import { errorCode, messageOf } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import type { UnitCause } from "@daybook/data/store/unit";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import type { Refusal, RunInfo, WorkflowClient } from "@daybook/workflow/client";
import { workflowUnknown } from "@daybook/workflow/errors";
import { z } from "zod";
import { ACT, acting, causeOfRequest, dryRun, LOOK, looking, reasonSchema, refusedAnswer } from "./operator-route.ts";
import { previewOf, type RunAct } from "./workflow-preview.ts";

/** Statuses of what these routes refuse. */
export const WORKFLOW_STATUSES: StatusTable = {
  "workflow-unknown": 404,
  "workflow-not-registered": 409,
  "workflow-value-invalid": 400,
  "workflow-ended": 409,
  "workflow-refused": 409,
};

export interface WorkflowRoutesParts {
  /** Asked anew for each request: the engine of this process while it runs, else a client of the same store. */
  readonly workflows: () => WorkflowClient;
}

const ONE = "/api/v1/workflows/{id}";
const params = z.strictObject({ id: givenId });
const STATES = ["created", "running", "paused", "compensating", "completed", "failed", "compensated", "cancelled", "terminated"] as const; // prettier-ignore
const runSchema = z.looseObject({ id: z.string(), workflow: z.string(), status: z.enum(STATES) });
const doneSchema = z.looseObject({ id: z.string() });
const cursorSchema = z.strictObject({ entry: z.string(), key: z.string() });
const TAG = "workflows";

/** Routes for whoever looks after durable workflows. Each act stands in the run's history with actor and reason. */
export function workflowRoutes(parts: WorkflowRoutesParts): readonly Route[] {
  return [list(parts), details(parts), history(parts), signal(parts), ...acts(parts)];
}

function list({ workflows }: WorkflowRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/workflows",
    name: "listWorkflows",
    summary: "Runs of workflows, by one of attention, attribute, workflow, status; else by id. Further criteria filter the page",
    tag: TAG,
    auth: LOOK,
    query: z.strictObject({
      status: z.enum(STATES).optional(),
      workflow: z.string().min(1).max(100).optional(),
      attribute: z
        .string()
        .regex(/^[^=]{1,100}=.{1,200}$/, "name=value")
        .optional(),
      needsAttention: z.enum(["true", "false"]).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(1_000).optional(),
    }),
    success: {
      status: 200,
      schema: z.strictObject({ workflows: z.array(runSchema), next: z.string().optional() }),
      headers: { link: "The next page" },
    },
    problems: ["cursor-invalid"],
    async handle({ query: { status, workflow, attribute, needsAttention, limit, cursor }, target }) {
      const [name = "", ...value] = attribute?.split("=") ?? [];
      const { runs, next } = await workflows().list({
        limit,
        ...(status && { status }),
        ...(workflow !== undefined && { workflow }),
        ...(attribute !== undefined && { attribute: [name, value.join("=")] as const }),
        ...(needsAttention === "true" && { needsAttention: true }),
        ...(cursor !== undefined && { after: readCursor(cursor, cursorSchema) }),
      });
      return pageAnswer(target, { workflows: runs.map(runBody) }, next);
    },
  });
}

function details({ workflows }: WorkflowRoutesParts): Route {
  return looking({
    path: ONE,
    name: "getWorkflow",
    summary: "A run of a workflow, and what it waits for, by name",
    tag: TAG,
    params,
    schema: runSchema,
    problems: ["workflow-unknown"],
    answer: async ({ params: { id } }) => ({ ...runBody(await known(workflows(), id)), waits: await workflows().waits(id) }),
  });
}

/** Values of steps can hold what viewers should not see. */
function history({ workflows }: WorkflowRoutesParts): Route {
  return route({
    method: "GET",
    path: `${ONE}/history`,
    name: "getWorkflowHistory",
    summary: "Everything that is recorded of a run, in order; until its time of keeping is over",
    tag: TAG,
    auth: ACT,
    params,
    success: {
      status: 200,
      schema: z.strictObject({ started: z.unknown(), entries: z.array(z.unknown()), waiting: z.array(z.unknown()) }),
    },
    problems: ["workflow-unknown"],
    handle: async ({ params: { id } }) => jsonAnswer(200, await workflows().history(id)),
  });
}

function signal(parts: WorkflowRoutesParts): Route {
  return acting({
    path: `${ONE}/signal`,
    name: "signalWorkflow",
    summary: "Sends a signal to a run; its value is what the workflow's schema says",
    tag: TAG,
    params,
    body: z.strictObject({ name: z.string().min(1).max(100), value: z.unknown(), ...dryRun }),
    schema: doneSchema,
    problems: ["workflow-unknown", "workflow-not-registered", "workflow-value-invalid", "workflow-ended"],
    async handle(request) {
      const { params: { id }, body } = request; // prettier-ignore
      if (body.dryRun) return preview(parts, request, "signal", id);
      const client = parts.workflows();
      await client.signalByName(id, body.name, body.value ?? null, causeOfRequest(request));
      const note = await client.whyLater(await known(client, id));
      return jsonAnswer(200, { id, signal: body.name, ...(note !== undefined && { note }) });
    },
  });
}

const because = z.strictObject({ reason: reasonSchema, ...dryRun });

function acts(parts: WorkflowRoutesParts): readonly Route[] {
  return [
    act(parts, "cancel", "Undoes a run, unless its pivot is passed", because, (client, id, { reason }, by) =>
      client.cancel(id, reason, by),
    ),
    act(parts, "pause", "Begins nothing new in a run until it is resumed", because, (client, id, { reason }, by) =>
      client.pause(id, reason, by),
    ),
    act(
      parts,
      "resume",
      "Lets a run go on; an undoing that had failed for good is tried again",
      because,
      (client, id, { reason }, by) => client.resume(id, reason, by),
    ),
    act(parts, "terminate", "Ends a run as it stands: nothing is undone", because, (client, id, { reason }, by) =>
      client.terminate(id, reason, by),
    ),
    act(
      parts,
      "reset",
      "Takes a run back to just before a command of its history",
      because.extend({ to: z.string().min(1).max(100) }),
      (client, id, { to, reason }, by) => client.reset(id, to, reason, by),
    ),
  ];
}

function act<Body extends { readonly dryRun: boolean; readonly to?: string }>(
  parts: WorkflowRoutesParts,
  kind: Exclude<RunAct, "signal">,
  summary: string,
  body: z.ZodType<Body>,
  carryOut: (client: WorkflowClient, id: string, body: Body, by: UnitCause) => Promise<Refusal>,
): Route {
  return acting({
    path: `${ONE}/${kind}`,
    name: `${kind}Workflow`,
    summary,
    tag: TAG,
    params,
    body,
    schema: doneSchema,
    problems: ["workflow-unknown", "workflow-ended", "workflow-refused"],
    async handle(request) {
      const { id } = request.params;
      if (request.body.dryRun) return preview(parts, request, kind, id, request.body.to);
      const client = parts.workflows();
      try {
        const refusal = await carryOut(client, id, request.body, causeOfRequest(request));
        if (refusal !== undefined) return refused(refusal, request);
      } catch (error) {
        if (errorCode(error) !== "workflow-answer-pending") throw error;
        return jsonAnswer(202, { id, state: "recorded", note: messageOf(error) }, { location: `/api/v1/workflows/${id}` });
      }
      return jsonAnswer(200, runBody(await known(client, id)));
    },
  });
}

async function preview(
  { workflows }: WorkflowRoutesParts,
  request: HttpRequest,
  kind: RunAct,
  id: string,
  to?: string,
): Promise<HttpAnswer> {
  const found = previewOf(kind, await known(workflows(), id), await workflows().history(id), to);
  return "refusal" in found ? refused(found.refusal, request) : jsonAnswer(200, found);
}

function refused(message: string, request: HttpRequest): HttpAnswer {
  return refusedAnswer({ code: "workflow-refused", message }, WORKFLOW_STATUSES, request);
}

async function known(client: WorkflowClient, id: string): Promise<RunInfo> {
  const info = await client.get(id);
  if (!info) throw workflowUnknown(`there is no run ${id}`);
  return info;
}

function runBody({ result, ...info }: RunInfo) {
  const value: unknown = result === undefined ? undefined : JSON.parse(result);
  return { ...info, ...(value !== undefined && { result: value }) };
}
