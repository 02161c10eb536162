import type { RowCursor, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { Log } from "@daybook/foundation/log";
import { canonical } from "@daybook/kernel/canonical";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { givenId, type IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { sender, type Sender } from "@daybook/messaging/queue/send";
import { valueOf } from "@daybook/network/rpc/contract";
import { z } from "zod";
import { SOURCES, sourceSchema, type Comparing, type Source } from "./contract.ts";
import type { Questions } from "./questions.ts";

const HOUR_MS = 60 * 60 * 1_000;
/** How often each source is compared, counted from the epoch. */
const EVERY_MS: Readonly<Record<Source, number>> = { payments: 24 * HOUR_MS, shipping: 24 * HOUR_MS, fulfilment: HOUR_MS };
/** What changed so lately may be on its way still. */
const REST_MS = 15 * 60 * 1_000;
/** A comparison begins so long before the one before it ended: what is pending then has been so for a day. */
const OVERLAP_MS = 25 * HOUR_MS;
const OPEN_PAGE = 50;

const time = z.int().min(0);
const countsSchema = z.strictObject({ compared: time, differences: time, settled: time });
const comparisonSchema = z.strictObject({
  comparisonId: givenId,
  source: sourceSchema,
  /** It is followed by the next one of its source. */
  isScheduled: z.boolean(),
  /** As somebody wants it; else what was not compared yet, up to what has rested. */
  from: time.optional(),
  to: time.optional(),
  progress: countsSchema
    .extend({ startedAt: time, from: time, to: time, isRechecked: z.boolean(), cursor: z.string().max(1_000).optional() })
    .optional(),
});
type Comparison = z.infer<typeof comparisonSchema>;
type Progress = NonNullable<Comparison["progress"]>;

/** A comparison on its way, page by page: each message is one page. Tried for as long as the other side is away. */
export const comparisons = queue({
  name: "comparisons",
  message: recordType({ name: "Comparison", schema: comparisonSchema }),
  policy: { attemptsMax: 1_000, firstDelayMs: 5_000, factor: 2, delayMsMax: HOUR_MS, jitter: 0.3 },
});

/** The collection of what was compared last: one row a source. */
const COMPARED = "comparisons";

export const comparedSchema = countsSchema.extend({
  comparisonId: z.string(),
  source: sourceSchema,
  by: z.string(),
  startedAt: time,
  endedAt: time,
  from: time,
  to: time,
  /** Up to here everything was compared. */
  until: time,
});
/** What a comparison came to; times are epoch milliseconds. `differences`: found, whether they were known or not. */
export type Compared = z.infer<typeof comparedSchema>;

export interface ComparisonsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  /** Whose the scheduled ones are. */
  readonly context: Context;
  readonly questions: Questions;
  readonly sources: Readonly<Record<Source, Comparing>>;
}

export interface ComparisonRequest {
  readonly source: Source;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/**
 * Has sources compared with the other side, by time and when somebody asks. Differences become questions, and open questions
 * that are no longer so are settled. What a message has done is known before the next one begins: killed anywhere, it goes on.
 */
export class Comparisons {
  private readonly parts: ComparisonsParts;
  private readonly messages: Sender<Comparison>;

  constructor(parts: ComparisonsParts) {
    this.parts = parts;
    this.messages = sender({ queue: comparisons, ...parts });
  }

  /** Has a source compared as soon as somebody can; answers the comparison's id. */
  async request({ source, from, to }: ComparisonRequest, context: Context): Promise<string> {
    const comparisonId = this.parts.ids("cmp");
    const asked = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    await this.messages.send({ comparisonId, source, isScheduled: false, ...asked }, { context, id: comparisonId });
    return comparisonId;
  }

  /** The last comparison of each source that has ended. */
  async last(): Promise<readonly Compared[]> {
    const { rows } = await this.parts.store.listRows({ collection: COMPARED });
    return rows.map(({ value }) => JSON.parse(value) as Compared); // put by `report`
  }

  /** Starts comparing, here and as a schedule. */
  start(random: Random): Consumer {
    const { store, clock, ids, log } = this.parts;
    this.schedule().catch((error: unknown) => log.error({ error }, "no comparison is scheduled until the next start"));
    const handle = (comparison: Comparison, { context }: { readonly context: Context }) => this.page(comparison, context);
    return consume({ queue: comparisons, store, clock, ids, random, handle });
  }

  private async schedule(): Promise<void> {
    for (const source of SOURCES) {
      const { message, envelope } = this.scheduled(source, this.parts.context);
      await this.messages.send(message, envelope);
    }
  }

  /** The next one of a source: the same message, whoever says so. */
  private scheduled(source: Source, context: Context) {
    const now = this.parts.clock.now();
    const at = (Math.floor(now / EVERY_MS[source]) + 1) * EVERY_MS[source];
    const comparisonId = `${source}.${at}`;
    const message = { comparisonId, source, isScheduled: true };
    return { message, envelope: { context, id: comparisonId, delayMs: at - now } };
  }

  private async page(comparison: Comparison, context: Context): Promise<readonly Effect[]> {
    const { progress } = comparison;
    if (!progress) return this.begin(comparison, context);
    return progress.isRechecked ? this.compare(comparison, progress, context) : this.recheck(comparison, progress, context);
  }

  /** A scheduled one sends the next before anything can go wrong with it. */
  private async begin(comparison: Comparison, context: Context): Promise<readonly Effect[]> {
    const { source, isScheduled } = comparison;
    const startedAt = this.parts.clock.now();
    const { from = Math.max(0, (await this.until(source)) - OVERLAP_MS), to = startedAt - REST_MS } = comparison;
    const counts = { compared: 0, differences: 0, settled: 0 };
    const progress = { startedAt, from: Math.min(from, to), to, isRechecked: false, ...counts };
    const next = this.scheduled(source, this.parts.context);
    const following = isScheduled ? [this.messages.effect(next.message, next.envelope)] : [];
    return [this.goOn(comparison, progress, context), ...following];
  }

  /** Open questions first: what was put right since they were asked is nobody's work. */
  private async recheck(comparison: Comparison, progress: Progress, context: Context): Promise<readonly Effect[]> {
    const { questions, sources } = this.parts;
    const { source } = comparison;
    const { cursor, ...rest } = progress;
    const after = cursor === undefined ? {} : { after: JSON.parse(cursor) as RowCursor }; // written below
    const { questions: open, next } = await questions.list({ source }, { limit: OPEN_PAGE, ...after });
    const asked = open.map(({ question: { questionId, cause, subject, key, orderId } }) => {
      return { questionId, cause, subject, ...(key !== undefined && { key }), ...(orderId !== undefined && { orderId }) };
    });
    const { settled } = valueOf(await sources[source].recheck({ questions: asked }, { context }));
    const gone = asked.filter(({ questionId }) => settled.includes(questionId));
    await Promise.all(gone.map((question) => questions.settle(question, context)));
    const done = { ...rest, settled: rest.settled + gone.length };
    if (next) return [this.goOn(comparison, { ...done, cursor: JSON.stringify(next) }, context)];
    return [this.goOn(comparison, { ...done, isRechecked: true }, context)];
  }

  private async compare(comparison: Comparison, progress: Progress, context: Context): Promise<readonly Effect[]> {
    const { questions, sources } = this.parts;
    const { source } = comparison;
    const { cursor, from, to, ...rest } = progress;
    const page = { from, to, ...(cursor !== undefined && { cursor }) };
    const { compared, differences, cursor: next } = valueOf(await sources[source].compare(page, { context }));
    await Promise.all(differences.map((difference) => questions.ask({ source, ...difference }, { context })));
    const counts = { compared: rest.compared + compared, differences: rest.differences + differences.length };
    const done = { ...rest, from, to, ...counts };
    if (next !== undefined) return [this.goOn(comparison, { ...done, cursor: next }, context)];
    return [await this.report(comparison, done, context)];
  }

  private goOn(comparison: Comparison, progress: Progress, context: Context): Effect {
    return this.messages.effect({ ...comparison, progress }, { context });
  }

  private async report(comparison: Comparison, progress: Progress, { actor: by }: Context): Promise<Effect> {
    const { comparisonId, source } = comparison;
    const { isRechecked: _, ...done } = progress;
    const before = await this.until(source);
    const until = done.from <= before ? Math.max(before, done.to) : before;
    const compared: Compared = { ...done, comparisonId, source, by, endedAt: this.parts.clock.now(), until };
    return { kind: "putRow", collection: COMPARED, key: source, value: canonical(compared) };
  }

  private async until(source: Source): Promise<number> {
    const row = await this.parts.store.getRow(COMPARED, source);
    return row ? (JSON.parse(row.value) as Compared).until : 0; // put by `report`
  }
}
