import type { Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import type { Random } from "@daybook/kernel/random";
import { batchNotApplied } from "../errors.ts";
import type { EncodedUnit } from "../engine.ts";
import type { Verdict } from "../unit.ts";
import { Batch, type Parameter } from "./batch.ts";
import type { Client } from "./client.ts";
import { surelyNothingHappened } from "./failures.ts";
import { PlainBatch } from "./plain-batch.ts";
import type { InSchema } from "./schema.ts";
import { verdictsOf, type CommitAnswer, type PlainAnswer } from "./verdicts.ts";

export interface WriterOptions {
  readonly text: InSchema;
  readonly clock: Clock;
  readonly random: Random;
  readonly connect: () => Client;
  /** How long a batch may take before its connection is given up. */
  readonly answerWithinMs: number;
}

/**
 * Commits batches over one connection. When an answer stays out, the connection and its session are given up: the next
 * batch ends that session in the database, so that nothing sent before can still happen once the same units were
 * answered otherwise.
 */
export class Writer {
  /** Number of the last batch that this process knows of. */
  lastNumber = 0;
  private readonly options: WriterOptions;
  private readonly statement: string;
  private readonly plainStatement: string;
  /** How many batches are still not tried as plain ones. */
  private stepsOnly = 0;
  private client: Client;
  private session: string;
  private ended: readonly string[] = [];

  constructor(options: WriterOptions) {
    this.options = options;
    this.statement = statementText(options.text, "commit_1", PARAMETERS);
    this.plainStatement = statementText(options.text, "commit_plain_1", PLAIN_PARAMETERS);
    this.client = options.connect();
    this.session = this.newSession();
  }

  async apply(units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const { session } = this;
    try {
      return (await this.applyPlain(units)) ?? (await this.applySteps(units));
    } catch (error) {
      if (surelyNothingHappened(error))
        throw batchNotApplied(`PostgreSQL did not take it: ${messageOf(error)}`, { cause: error });
      this.giveUp(session);
      throw error;
    }
  }

  /** Undefined when it did nothing, because the batch is not plain after all. */
  private async applyPlain(units: readonly EncodedUnit[]): Promise<readonly Verdict[] | undefined> {
    if (this.stepsOnly > 0) {
      this.stepsOnly--;
      return undefined;
    }
    const batch = this.ended.length > 0 ? undefined : PlainBatch.of(units);
    if (!batch) return undefined;
    const answer = await this.send<PlainAnswer>(this.plainStatement, [this.session, ...batch.parameters()]);
    if (answer.number === null) this.stepsOnly = STEPS_AFTER_MISS;
    else this.lastNumber = Math.max(this.lastNumber, answer.number);
    return answer.number === null ? undefined : batch.verdicts(answer);
  }

  private async applySteps(units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const batch = new Batch(units);
    const { session, ended } = this;
    const answer = await this.send<CommitAnswer>(this.statement, [session, ended.join(","), ...batch.parameters()]);
    this.ended = this.ended.filter((name) => !ended.includes(name));
    this.lastNumber = Math.max(this.lastNumber, answer.number);
    return verdictsOf(batch, answer);
  }

  close(): Promise<void> {
    return this.client.end({ timeout: 5 });
  }

  private async send<Answer extends object>(statement: string, parameters: readonly Parameter[]): Promise<Answer> {
    const { client, options } = this;
    const cancel = options.clock.after(options.answerWithinMs, () => void client.end({ timeout: 0 }));
    try {
      const [answer] = await client.unsafe<Answer[]>(statement, [...parameters], { prepare: true });
      return answer as Answer; // a function with OUT parameters answers one row
    } finally {
      cancel();
    }
  }

  private giveUp(session: string): void {
    if (session !== this.session) return; // another batch of it was told first
    void this.client.end({ timeout: 0 });
    this.client = this.options.connect();
    this.ended = [...this.ended, session];
    this.session = this.newSession();
  }

  private newSession(): string {
    const { random } = this.options;
    return [random.word(), random.word(), random.word(), random.word()].map((word) => word.toString(36)).join("-");
  }
}

/** Parameters of the two functions. */
const PARAMETERS = 39;
const PLAIN_PARAMETERS = 19;

/** A batch that something stored spoke against is often followed by others, and each is sent twice. */
const STEPS_AFTER_MISS = 8;

function statementText(text: InSchema, name: string, parameters: number): string {
  const places = Array.from({ length: parameters }, (_, index) => `$${index + 1}`);
  return text(`select * from {schema}.${name}(${places.join(", ")})`);
}
