import type { IncomingMessage, ServerResponse } from "node:http";
import { sleep, type Clock } from "../clock.ts";
import type { Conduct, Fate } from "../control/conduct.ts";
import { requestDigest, type Answer } from "../file/answers.ts";
import type { GatheredFile } from "../file/gathered-file.ts";
import type { Attempt, Journal } from "../file/journal.ts";
import { Refusal } from "../refusal.ts";
import { receive, type Received } from "./received.ts";
import { errorAnswer, type Call, type KeyedRoute, type PlainRoute, type Route } from "./route.ts";
import { router } from "./router.ts";

export interface HandlerOptions {
  readonly routes: readonly Route[];
  readonly file: GatheredFile;
  readonly journal: Journal;
  readonly conduct: Conduct;
  readonly clock: Clock;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Undefined: the connection is cut instead of answered. */
type Reply = (Answer & { readonly dripMs?: number }) | undefined;

/** Answers requests as the partners' behaviour says; what took effect is answered after its commit. */
export function handler(options: HandlerOptions): Handler {
  const find = router(options.routes);
  async function replyTo(request: IncomingMessage): Promise<Reply> {
    const received = await receive(request);
    const { route, params } = find(received.method, received.path);
    const call = { params, query: received.query, body: received.body };
    return route.isKeyed ? keyedReply(route, call, received, options) : plainReply(route, call, received, options);
  }
  return (request, response) => {
    replyTo(request)
      .catch(failed)
      .then((reply) => send(response, reply, options.clock))
      .catch(() => response.destroy());
  };
}

async function keyedReply(route: KeyedRoute, call: Call, received: Received, options: HandlerOptions): Promise<Reply> {
  const { file, journal, conduct } = options;
  const fate = conduct.fateOf(route.partner);
  await latency(fate, options);
  const answer = await file.change(() => {
    const attempt = attemptOf(route, received, fate);
    if (fate.course !== "served") {
      journal.record(attempt, { outcome: "unavailable", isEffect: false, status: fate.course === "cut" ? undefined : 503 });
      return UNAVAILABLE;
    }
    const { key, digest } = attempt;
    const served = answerOf(received, () => {
      if (key === undefined || digest === undefined) throw new Refusal(400, "key-missing", KEY_ADVICE);
      return route.run({ ...call, attempt: { ...attempt, key, digest } });
    });
    if (served.isRefused) journal.record(attempt, { outcome: "refused", isEffect: false, status: served.answer.status });
    return served.answer;
  });
  if (fate.isLost || fate.course === "cut") return undefined;
  return { ...answer, dripMs: conduct.current[route.partner].dripMs };
}

async function plainReply(route: PlainRoute, call: Call, received: Received, options: HandlerOptions): Promise<Reply> {
  const { file, conduct } = options;
  const serve = async () => {
    const { answer, isRefused } = await file.change(() => answerOf(received, () => route.run(call)));
    if (!isRefused) await route.committed?.();
    return answer;
  };
  if (route.partner === undefined) return serve();
  const fate = conduct.fateOf(route.partner);
  await latency(fate, options);
  const answer = fate.course === "served" ? await serve() : UNAVAILABLE;
  if (fate.isLost || fate.course === "cut") return undefined;
  return { ...answer, dripMs: conduct.current[route.partner].dripMs };
}

const UNAVAILABLE = errorAnswer(503, "unavailable", "nothing happened; try again later");
const KEY_ADVICE = "send one Idempotency-Key of 1 to 255 visible ASCII characters";

async function latency({ latencyMs }: Fate, { clock }: HandlerOptions): Promise<void> {
  if (latencyMs > 0) await sleep(clock, latencyMs);
}

function attemptOf(route: KeyedRoute, { path, key, body, fault }: Received, { isLost, course }: Fate): Attempt {
  const digest = fault ? undefined : requestDigest(route.operation, path, body);
  return { partner: route.partner, operation: route.operation, key, digest, isLost: isLost || course === "cut" };
}

/** A refusal is an answer, so that the change it happened in goes on; anything else undoes that change. */
function answerOf({ fault }: Received, run: () => Answer): { readonly answer: Answer; readonly isRefused: boolean } {
  try {
    if (fault) throw fault;
    return { answer: run(), isRefused: false };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { answer: errorAnswer(error.status, error.code, error.message), isRefused: true };
  }
}

function failed(error: unknown): Answer {
  if (error instanceof Refusal) return errorAnswer(error.status, error.code, error.message);
  return errorAnswer(500, "sandbox-failed", error instanceof Error ? error.message : String(error));
}

function send(response: ServerResponse, reply: Reply, clock: Clock): void | Promise<void> {
  if (!reply) {
    response.destroy();
    return;
  }
  const { status, body, dripMs = 0 } = reply;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  if (dripMs > 0) return drip(response, Buffer.from(body), dripMs, clock);
  response.end(body);
}

async function drip(response: ServerResponse, body: Buffer, dripMs: number, clock: Clock): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at++) {
    response.write(body.subarray(at, at + 1));
    await sleep(clock, dripMs);
  }
  response.end();
}
