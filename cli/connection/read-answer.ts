import { z } from "zod";
import { answerUnreadable } from "../errors.ts";
import type { ClientAnswer } from "./client.ts";
import { ServerProblem } from "./server-problem.ts";

const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  traceId: z.string().optional(),
  retryable: z.boolean().optional(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** The answer as a document. Throws the server's problem, or `answer-unreadable` for what no Daybook says. */
export function readAnswer(status: number, text: string, position?: string): ClientAnswer {
  const body = parsed(text, status);
  if (status >= 200 && status < 300) return { status, body, position };
  const problem = problemSchema.safeParse(body);
  if (!problem.success) throw answerUnreadable(`the address answers ${status} and not what Daybook says`);
  throw new ServerProblem(status, problem.data);
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw answerUnreadable(`the address answers ${status} with something that is no JSON`, { cause });
  }
}
