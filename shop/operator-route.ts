import { causeOf } from "@daybook/kernel/context";
import type { UnitCause } from "@daybook/data/store/unit";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";

/** Those who may look, and those who may act. */
export const LOOK = { roles: ["operator", "viewer", "admin"] };
export const ACT = { roles: ["operator", "admin"] };

export const reasonSchema = z.string().trim().min(1).max(500);

/** In every act's body: only say what it would do. */
export const dryRun = { dryRun: z.boolean().default(false) };

export interface Looking<Params, Query> extends Pick<
  Route<Params, Query>,
  "path" | "name" | "summary" | "tag" | "params" | "query" | "problems"
> {
  /** Of what is answered. */
  readonly schema: z.ZodType;
  readonly answer: (request: HttpRequest<Params, Query>) => unknown;
}

/** A GET that operators and viewers may ask. */
export function looking<Params, Query>({ schema, answer, ...shape }: Looking<Params, Query>): Route {
  return route<Params, Query, unknown>({
    ...shape,
    method: "GET",
    auth: LOOK,
    success: { status: 200, schema },
    handle: async (request) => jsonAnswer(200, await answer(request)),
  });
}

export interface Acting<Params, Body> extends Pick<
  Route<Params, unknown, Body>,
  "path" | "name" | "summary" | "tag" | "params" | "body" | "problems"
> {
  readonly handle: (request: HttpRequest<Params, unknown, Body>) => Promise<HttpAnswer>;
  readonly schema: z.ZodType;
}

/** A POST by an operator. */
export function acting<Params, Body>({ schema, ...shape }: Acting<Params, Body>): Route {
  return route<Params, unknown, Body>({ ...shape, method: "POST", auth: ACT, success: { status: 200, schema } });
}

/** The problem that says why it was not done. */
export function refusedAnswer(
  refused: { readonly code: string; readonly message: string },
  statuses: StatusTable,
  { context }: HttpRequest,
): HttpAnswer {
  return problemAnswer(refused, statuses, context.traceparent);
}

/** What the operator's request is the cause of. */
export function causeOfRequest({ context }: HttpRequest): UnitCause {
  return causeOf(context);
}
