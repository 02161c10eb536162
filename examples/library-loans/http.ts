import type { Outcome } from "@daybook/data/cqrs/aggregates";
import type { Store } from "@daybook/data/store";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import type { Copy } from "./copy.ts";
import type { Library } from "./library.ts";
import { loansOf } from "./loans.ts";

const id = z.string().regex(/^[a-z][a-z0-9]{0,39}$/);

const commandSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("register"), title: z.string().min(1).max(200) }),
  z.strictObject({ kind: z.literal("lend"), reader: id }),
  z.strictObject({ kind: z.literal("return") }),
  z.strictObject({ kind: z.literal("reserve"), reader: id }),
]);

/** What refusals of the decider are over HTTP. */
export const LIBRARY_STATUSES: StatusTable = {
  "copy-unknown": 404,
  "copy-registered": 409,
  "copy-lent": 409,
  "copy-reserved": 409,
  "loan-followed": 409,
};

export function libraryRoutes(library: Library, store: Store): readonly Route[] {
  const auth = { roles: ["librarian"] };
  return [
    route({
      method: "POST",
      path: "/copies/{copy}",
      name: "changeCopy",
      summary: "Register, lend, return or reserve a copy",
      auth,
      params: z.strictObject({ copy: id }),
      body: commandSchema,
      isIdempotent: true,
      success: { status: 200 },
      problems: Object.keys(LIBRARY_STATUSES),
      handle(request) {
        const { params, body } = request;
        const command = body.kind === "lend" ? { ...body, dueAt: library.dueAt() } : body;
        const render = (outcome: Outcome<Copy>) => copyAnswer(outcome, request.context.traceparent);
        return commandAnswer(store, "changeCopy", request, (execution) =>
          library.command(params.copy, command, { ...execution, render }),
        );
      },
    }),
    route({
      method: "GET",
      path: "/readers/{reader}/loans",
      name: "listLoans",
      summary: "What a reader has",
      auth,
      params: z.strictObject({ reader: id }),
      success: { status: 200 },
      handle: async ({ params }) => jsonAnswer(200, await loansOf(library.loans, params.reader)),
    }),
  ];
}

function copyAnswer(outcome: Outcome<Copy>, traceparent: string | undefined): HttpAnswer {
  if (outcome.kind === "refused") return problemAnswer(outcome.refusal, LIBRARY_STATUSES, traceparent);
  const { title, reader, waiting } = outcome.state;
  return jsonAnswer(200, { title, ...(reader !== undefined && { reader }), waiting });
}
