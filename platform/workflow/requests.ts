import type { UnitCause } from "@daybook/data/store/unit";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { ClientParts } from "./client.ts";
import { workflowAnswerPending, workflowEnded, workflowUnknown } from "./errors.ts";
import { errorOf } from "./replay/failure.ts";
import type { Note, Request } from "./replay/history.ts";
import { isOver, parseInfo, RUNS, type RunInfo } from "./worker/run-info.ts";
import { exists, loadHistory, readStarted, requestEffects, streamOf } from "./worker/run-stream.ts";

type Answer = Note & { readonly kind: "answer" };

interface Ordered {
  /** Whoever asks for it; the engine itself unless given. */
  readonly by?: UnitCause | undefined;
  readonly isForEnded?: boolean;
}

/** Sends what runs are asked for, and waits for their answers: told in this process, else read from the history. */
export class Requests {
  private readonly parts: ClientParts;
  private readonly nudge: (id: string) => void;

  constructor(parts: ClientParts, nudge: (id: string) => void) {
    this.parts = parts;
    this.nudge = nudge;
  }

  /** Records the request. Rejects with `workflow-unknown`, and with `workflow-ended` unless it is for ended runs, too. */
  async send(id: string, request: Request, order: Ordered = {}): Promise<RunInfo> {
    const { by, isForEnded = false } = order;
    const { store, clock, ids } = this.parts;
    const row = await store.getRow(RUNS, id);
    const info = row && parseInfo(row.value);
    if (!info) throw workflowUnknown(`there is no run ${id}`);
    if (isOver(info.status) && !isForEnded) throw workflowEnded(`${id} is ${info.status}`);
    const asked = by ? { ...request, by: by.actor } : request;
    const cause = by
      ? await this.causeOf(id, by)
      : { correlation: id, actor: "sys_workflow", tenant: "system", source: "workflow" };
    const unit = { id: ids("unt"), cause, conditions: [exists(id)], effects: requestEffects(info, asked, clock.now()) };
    const verdict = await commitSettled(store, unit, { clock });
    if (verdict.outcome === "refused") throw workflowUnknown(`the history of ${id} is deleted`);
    this.nudge(id);
    return info;
  }

  /** Records the request and waits for its answer; rejects with the failure that it says. */
  async ask(id: string, request: Request, order: Ordered = {}): Promise<Answer> {
    const { bulletin, clock, answerMs, pollMs } = this.parts;
    const until = clock.elapsed() + answerMs;
    let waiting = bulletin.next(`answer ${request.id}`, pollMs);
    try {
      await this.send(id, request, order);
      for (;;) {
        const answer = ((await waiting.news) as Answer | undefined) ?? (await this.recordedAnswer(id, request.id)); // by its topic
        if (answer?.failure) throw errorOf(answer.failure);
        if (answer) return answer;
        if (clock.elapsed() >= until) throw workflowAnswerPending(`${id} has not answered yet`);
        waiting = bulletin.next(`answer ${request.id}`, pollMs);
      }
    } finally {
      waiting.leave();
    }
  }

  /** The request belongs to the run's case; what caused it is what the principal did. */
  private async causeOf(id: string, by: UnitCause): Promise<UnitCause> {
    const [first] = await this.parts.store.readStream(streamOf(id), { as: "work", limit: 1 });
    const { correlation } = first ? readStarted(first) : { correlation: id };
    return { ...by, correlation, causation: by.causation ?? by.correlation, source: "workflow" };
  }

  private async recordedAnswer(id: string, of: string): Promise<Answer | undefined> {
    const history = await loadHistory(this.parts.store, id);
    return history?.entries.find((entry) => entry.kind === "answer" && entry.of === of) as Answer | undefined; // as just found
  }
}
