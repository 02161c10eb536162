import type { Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import { batchNotApplied } from "../errors.ts";
import type { EncodedUnit } from "../engine.ts";
import type { Verdict } from "../unit.ts";
import { Batch, type Parameter } from "./batch.ts";
import type { Client } from "./client.ts";
import { mustJoin, surelyNothingHappened } from "./failures.ts";
import { joinLog, NOTHING_LOST, type Joined } from "./join.ts";
import { PlainBatch } from "./plain-batch.ts";
import type { InSchema } from "./schema.ts";
import { verdictsOf, type CommitAnswer, type PlainAnswer } from "./verdicts.ts";

export interface WriterOptions {
  readonly text: InSchema;
  readonly clock: Clock;
  readonly connect: () => Client;
  readonly joined: Joined;
  /** How long a batch may take before its connection is given up. */
  readonly answerWithinMs: number;
}

/**
 * Commits batches over one connection. When an answer stays out, the connection is given up, and the log is joined above
 * the fence that the batch was sent under, so that nothing sent before can still happen once the same units were answered
 * otherwise.
 */
export class Writer {
  /** Number of the last batch that this process knows of. */
  lastNumber: number;
  /** Batches of others came between its own, and nobody was told. */
  hasPassedOthers = false;
  private readonly options: WriterOptions;
  private readonly statement: string;
  private readonly plainStatements: ReadonlyMap<number, string>;
  private readonly oneFactStatement: string;
  private client: Client;
  /** Undefined until the log is joined again, above the fence `lost`. */
  private fence: number | undefined;
  private lost = NOTHING_LOST;

  constructor(options: WriterOptions) {
    this.options = options;
    this.statement = statementText(options.text, "commit_1", PARAMETERS);
    this.plainStatements = new Map(
      PLAIN_PARAMETERS.map((count) => [count, statementText(options.text, "commit_plain_1", count)]),
    );
    this.oneFactStatement = statementText(options.text, "commit_one_fact_1", ONE_FACT_PARAMETERS);
    this.client = options.connect();
    this.fence = options.joined.fence;
    this.lastNumber = options.joined.number;
  }

  async apply(units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    try {
      return await this.applyUnder(await this.joined(), units);
    } catch (error) {
      if (!mustJoin(error)) throw error;
      this.fence = undefined;
      return this.applyUnder(await this.joined(), units);
    }
  }

  private async applyUnder(fence: number, units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const { client } = this;
    try {
      return await this.commit(fence, units);
    } catch (error) {
      if (mustJoin(error)) throw error;
      if (surelyNothingHappened(error)) throw notApplied(error);
      this.giveUp(client);
      this.lost = Math.max(this.lost, fence);
      throw error;
    }
  }

  private async commit(fence: number, units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    return (await this.applyPlain(fence, units)) ?? this.applySteps(fence, units);
  }

  /** The fence to commit under. */
  private async joined(): Promise<number> {
    if (this.fence !== undefined) return this.fence;
    const { client, lost } = this;
    try {
      const { fence, number } = await this.inTime(joinLog(client, this.options.text, lost));
      this.learn(number);
      return (this.fence = fence);
    } catch (error) {
      this.giveUp(client);
      throw notApplied(error);
    }
  }

  /** Undefined when it did nothing, because the batch is not plain after all. */
  private async applyPlain(fence: number, units: readonly EncodedUnit[]): Promise<readonly Verdict[] | undefined> {
    const batch = PlainBatch.of(units);
    if (!batch) return undefined;
    const answer = await this.sendPlain(fence, batch);
    if (answer.number !== null) {
      this.learn(answer.number);
      return batch.verdicts(answer);
    }
    const refusals = batch.refusals(answer);
    if (!refusals) return undefined;
    const others = units.filter((_, unit) => !refusals.has(unit));
    const verdicts = (others.length > 0 ? await this.commit(fence, others) : []).values();
    return units.map((_, unit) => refusals.get(unit) ?? (verdicts.next().value as Verdict)); // one for each of the others
  }

  private sendPlain(fence: number, batch: PlainBatch): Promise<PlainAnswer> {
    const oneFact = batch.oneFact();
    if (oneFact) return this.send(this.oneFactStatement, [fence, ...oneFact]);
    const parameters = [fence, ...batch.parameters()];
    return this.send(this.plainStatements.get(parameters.length) ?? "", parameters);
  }

  private async applySteps(fence: number, units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const batch = new Batch(units);
    const answer = await this.send<CommitAnswer>(this.statement, [fence, ...batch.parameters()]);
    this.learn(answer.number);
    return verdictsOf(batch, answer);
  }

  /** Numbers are contiguous over all processes: after its last one, the next is this process's own. */
  private learn(number: number): void {
    this.hasPassedOthers ||= number > this.lastNumber + 1;
    this.lastNumber = number;
  }

  close(): Promise<void> {
    return this.client.end({ timeout: 5 });
  }

  private async send<Answer extends object>(statement: string, parameters: readonly (Parameter | number)[]): Promise<Answer> {
    const [answer] = await this.inTime(this.client.unsafe<Answer[]>(statement, [...parameters], { prepare: true }));
    return answer as Answer; // a function with OUT parameters answers one row
  }

  /** Ends the connection when the answer does not come in time; it then rejects. */
  private async inTime<T>(answer: PromiseLike<T>): Promise<T> {
    const { client, options } = this;
    const cancel = options.clock.after(options.answerWithinMs, () => void client.end({ timeout: 0 }));
    try {
      return await answer;
    } finally {
      cancel();
    }
  }

  private giveUp(client: Client): void {
    if (client !== this.client) return; // another batch of it was told first
    void client.end({ timeout: 0 });
    this.client = this.options.connect();
    this.fence = undefined;
  }
}

function notApplied(error: unknown): Error {
  return batchNotApplied(`PostgreSQL did not take it: ${messageOf(error)}`, { cause: error });
}

/** Parameters of the functions; that of plain batches is told fewer when there are only facts, or when there is no work. */
const PARAMETERS = 38;
const PLAIN_PARAMETERS = [20, 41, 52] as const;
const ONE_FACT_PARAMETERS = 10;

function statementText(text: InSchema, name: string, parameters: number): string {
  const places = Array.from({ length: parameters }, (_, index) => `$${index + 1}`);
  return text(`select * from {schema}.${name}(${places.join(", ")})`);
}
