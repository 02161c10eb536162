import type { Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import type { Random } from "@daybook/kernel/random";
import { batchNotApplied } from "../errors.ts";
import type { EncodedUnit } from "../engine.ts";
import type { Verdict } from "../unit.ts";
import { Batch, type Parameter } from "./batch.ts";
import type { Client } from "./client.ts";
import { surelyNothingHappened } from "./failures.ts";
import type { InSchema } from "./schema.ts";
import { verdictsOf, type CommitAnswer } from "./verdicts.ts";

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
  private client: Client;
  private session: string;
  private ended: readonly string[] = [];

  constructor(options: WriterOptions) {
    this.options = options;
    this.statement = statementText(options.text);
    this.client = options.connect();
    this.session = this.newSession();
  }

  async apply(units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const batch = new Batch(units);
    const { session, ended } = this;
    try {
      const answer = await this.send([session, ended.join(","), ...batch.parameters()]);
      this.ended = this.ended.filter((name) => !ended.includes(name));
      this.lastNumber = Math.max(this.lastNumber, answer.number);
      return verdictsOf(batch, answer);
    } catch (error) {
      if (surelyNothingHappened(error))
        throw batchNotApplied(`PostgreSQL did not take it: ${messageOf(error)}`, { cause: error });
      this.giveUp(session);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.client.end({ timeout: 5 });
  }

  private async send(parameters: readonly Parameter[]): Promise<CommitAnswer> {
    const { client, options } = this;
    const cancel = options.clock.after(options.answerWithinMs, () => void client.end({ timeout: 0 }));
    try {
      const [answer] = await client.unsafe<CommitAnswer[]>(this.statement, [...parameters], { prepare: true });
      return answer as CommitAnswer; // a function with OUT parameters answers one row
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

/** Parameters of the commit function. */
const PARAMETERS = 39;

function statementText(text: InSchema): string {
  const places = Array.from({ length: PARAMETERS }, (_, index) => `$${index + 1}`);
  return text(`select * from {schema}.commit_1(${places.join(", ")})`);
}
