import type { UnitCause } from "@daybook/data/store/unit";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import { messageOf } from "@daybook/kernel/errors";
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

  /**
   * Records the request and waits for its answer; rejects with the failure that it says, and with `workflow-answer-pending`
   * when none comes in time: at once where it is known that nobody will answer now, with the reason.
   */
  async ask(id: string, request: Request, order: Ordered = {}): Promise<Answer> {
    const { bulletin, clock, answerMs, pollMs } = this.parts;
    const until = clock.elapsed() + answerMs;
    let waiting = bulletin.next(`answer ${request.id}`, pollMs);
    const stuck = bulletin.next(`stuck ${id}`, answerMs);
    const reason = stuck.news.then((error) => (error === undefined ? undefined : pending(id, LATER + messageOf(error))));
    try {
      const { queue } = await this.send(id, request, order);
      const why = await this.whyLater(queue);
      if (why !== undefined) throw pending(id, why);
      for (;;) {
        const news = (await Promise.race([waiting.news, reason])) as Answer | Error | undefined; // by their topics
        const answer = news ?? (await this.recordedAnswer(id, request.id));
        if (answer instanceof Error) throw answer;
        if (answer?.failure) throw errorOf(answer.failure);
        if (answer) return answer;
        if (clock.elapsed() >= until) throw pending(id, `${LATER}nobody has answered yet`);
        waiting = bulletin.next(`answer ${request.id}`, pollMs);
      }
    } finally {
      waiting.leave();
      stuck.leave();
    }
  }

  /** Undefined when some process may carry out runs of the task queue now. */
  async whyLater(queue: string): Promise<string | undefined> {
    return (await this.parts.isAttended(queue)) ? undefined : `${LATER}no process carries out runs of ${queue} now`;
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

const LATER = "recorded, and done later: ";

function pending(id: string, why: string): Error {
  return workflowAnswerPending(`${id}: ${why}`);
}
