import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { jsonLog } from "@daybook/foundation/log";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Comparing, Difference, Source } from "../contract.ts";
import { questionEvents } from "../events.ts";
import { questionsService } from "../service.ts";

export const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

/** A source whose other side is a list of differences: three a page. */
class TrialSource implements Comparing {
  readonly differences = new Map<string, Difference>();
  readonly asked: { readonly from: number; readonly to: number }[] = [];
  /** How many calls are answered before the source is away. */
  patience = Infinity;

  differ(subject: string, found = "There: 1. Here: 2."): void {
    this.differences.set(subject, { cause: "amount-differs", subject, key: `key-${subject}`, found });
  }

  readonly compare: Comparing["compare"] = async ({ from, to, cursor }) => {
    this.checkThere();
    const start = cursor === undefined ? 0 : Number(cursor);
    if (cursor === undefined) this.asked.push({ from, to });
    const differences = [...this.differences.values()].slice(start, start + 3);
    const isLast = start + 3 >= this.differences.size;
    return { value: { compared: differences.length, differences, ...(!isLast && { cursor: String(start + 3) }) } };
  };

  readonly recheck: Comparing["recheck"] = async ({ questions }) => {
    this.checkThere();
    const gone = questions.filter(({ subject, key }) => key !== undefined && !this.differences.has(subject));
    return { value: { settled: gone.map(({ questionId }) => questionId) } };
  };

  private checkThere(): void {
    if (this.patience-- <= 0) throw new TypeError("the source is away");
  }
}

/** Questions in memory, on a virtual clock, with three sources that are played; `open` is another process on the same store. */
export function trialQuestions() {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { question: "questions" } });
  const events = eventStore(store, questionEvents, memoryKeys());
  const random = seededRandom(1);
  const ids = idSource(clock, random);
  const log = jsonLog({ clock, level: "silent" });
  const sources = { payments: new TrialSource(), shipping: new TrialSource(), fulfilment: new TrialSource() };
  const open = () => questionsService({ events, clock, ids, log, tenant: "shop", sources });
  const service = open();

  /** Lets everything happen, with the clock going on, until `isDone`. */
  async function until(isDone: () => boolean | Promise<boolean>, stepMs = 1_000): Promise<void> {
    for (let turn = 0; !(await isDone()); turn++) {
      assert.ok(turn < 20_000, "nothing happens any more");
      await setImmediate();
      if (turn % 8 === 7) clock.advance(stepMs);
    }
  }

  /** Has a source compared up to now, and waits for its end. */
  async function compared(source: Source, of = service) {
    const to = clock.now();
    const id = await of.comparisons.request({ source, to }, context);
    await until(async () => (await of.comparisons.last()).some(({ comparisonId }) => comparisonId === id));
    const ended = (await of.comparisons.last()).find(({ comparisonId }) => comparisonId === id);
    assert.ok(ended);
    return ended;
  }

  async function waiting(source?: Source): Promise<readonly string[]> {
    const { questions } = await service.questions.list({ source }, { limit: 100 });
    return questions.map(({ question }) => `${question.subject} ${question.status}`).toSorted();
  }

  return { clock, store, events, random, ids, sources, open, service, until, compared, waiting };
}
