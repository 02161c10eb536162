import type { ExecuteOptions, Executed } from "@daybook/data/cqrs/aggregates";
import type { IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import type { Store } from "@daybook/data/store";
import { positionToken } from "@daybook/data/store/position";
import { idempotencyKeyReused, versionMismatch } from "./errors.ts";
import type { HttpAnswer, HttpRequest } from "./route.ts";

/** How a request's command is carried out: who asks, under which key, seen at which version. */
export type RequestExecution = Pick<ExecuteOptions<unknown, HttpAnswer>, "context" | "idempotency" | "expectedVersion">;

/**
 * Runs a request's command and answers with its position. What `run` renders is kept with the unit under the request's
 * `Idempotency-Key` and comes back byte for byte; a key of another request is `idempotency-key-reused`, another version
 * than that of `If-Match` is `version-mismatch`. `operation` is the scope of keys.
 */
export async function commandAnswer(
  store: Store,
  operation: string,
  request: HttpRequest,
  run: (execution: RequestExecution) => Promise<Executed<HttpAnswer>>,
): Promise<HttpAnswer> {
  const { context, ifMatch } = request;
  const execution = { context, idempotency: idempotencyOf(operation, request), expectedVersion: ifMatch };
  // The head is read beside the command: behind it, the answer would wait for the next batch's sync.
  const [executed, { epoch }] = await Promise.all([run(execution), store.head()]);
  switch (executed.kind) {
    case "answered":
      return { ...executed.answer, position: positionToken(epoch, executed.position) };
    case "keyReused":
      throw idempotencyKeyReused("this Idempotency-Key came with another request before");
    case "stale":
      throw versionMismatch(`it is at version ${executed.actual}`, { details: { version: executed.actual } });
  }
}

function idempotencyOf(operation: string, request: HttpRequest): IdempotentRequest | undefined {
  if (request.idempotencyKey === undefined) return undefined;
  return { principal: request.principal.id, operation, key: request.idempotencyKey, content: request.requestDigest };
}
