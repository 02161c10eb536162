import { z } from "zod";
import { step, type StepContract } from "../definition.ts";
import { implement, type StepAttempt, type StepImplementation } from "../implement.ts";

const PATIENT = { attemptsMax: 3, firstDelayMs: 100, factor: 2, jitter: 0, delayMsMax: 1_000 };

/** Gives back its word. Its policy has three attempts, after 100 and 200 ms. */
export const say = step({ name: "say", input: z.string(), output: z.string(), policy: PATIENT });
/** Undoes `say`. */
export const unsay = step({ name: "unsay", input: z.string(), output: z.null(), policy: PATIENT });

type Handler = (word: string, attempt: StepAttempt) => Promise<string> | string;

/** What ran, in order, and an idempotent sink that keeps each effect once by key. */
export class Stage {
  readonly calls: string[] = [];
  readonly effects = new Map<string, string>();
  readonly undone: string[] = [];
  private readonly handlers = new Map<string, Handler>();

  /** What `say` does with this word, instead of giving it back. */
  on(word: string, handler: Handler): this {
    this.handlers.set(word, handler);
    return this;
  }

  /** What `unsay` does with this word. */
  onUndo(word: string, handler: Handler): this {
    return this.on(`undo ${word}`, handler);
  }

  get steps(): StepImplementation[] {
    return [
      implement(say, async (word, attempt) => {
        this.calls.push(`${word}#${attempt.number}`);
        const answer = await (this.handlers.get(word)?.(word, attempt) ?? word);
        this.effects.set(attempt.key, word);
        return answer;
      }),
      implement(unsay, async (word, attempt) => {
        this.calls.push(`undo ${word}#${attempt.number}`);
        await this.handlers.get(`undo ${word}`)?.(word, attempt);
        if (!this.undone.includes(attempt.key)) this.undone.push(attempt.key);
        this.effects.delete(attempt.key);
        return null;
      }),
    ];
  }
}

/** A step that nobody ends but its own time. */
export function stuck(): Promise<never> {
  return new Promise(() => undefined);
}

export function withPolicy(policy: StepContract["policy"], more: Pick<StepContract, "heartbeatMs"> = {}) {
  return { ...say, policy: { ...PATIENT, ...policy }, ...more };
}
