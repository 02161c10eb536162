import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { z } from "zod";
import type { Parcel } from "./carrier.ts";

export const parcelQuestionSchema = z.strictObject({
  /** The carrier's parcel, or where there is none the key under which it should be. */
  parcelId: z.string(),
  /** Whose the carrier says it is. */
  reference: z.string(),
  cause: z.enum([
    /** It belongs to no order of this shop. */
    "parcel-unknown",
    /** What the carrier says of it cannot be after what was done here. */
    "parcel-contradicts",
    /** The carrier does not know the parcel that it took. */
    "parcel-missing",
    /** It was taken back from the carrier while it was handed over here. */
    "parcel-taken-back",
  ]),
  /** In the carrier's words; absent when it says nothing. */
  said: z.string().optional(),
  at: z.int(),
});

/** News of the carrier that fit nothing here: work for a person. */
export type ParcelQuestion = z.infer<typeof parcelQuestionSchema>;

const QUESTIONS = "parcel-questions";

export interface QuestionParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** The questions that are open; one a parcel and cause, however often it comes up. */
export class ParcelQuestions {
  private readonly parts: QuestionParts;

  constructor(parts: QuestionParts) {
    this.parts = parts;
  }

  async list(limit: number): Promise<readonly ParcelQuestion[]> {
    const { rows } = await this.parts.store.listRows({ collection: QUESTIONS, limit });
    return rows.map(({ value }) => JSON.parse(value) as ParcelQuestion); // put by `ask` only
  }

  /** Keeps the question, with what else the news leave behind; `false` when `unless` does not hold, and nothing happened. */
  async ask(
    cause: ParcelQuestion["cause"],
    parcel: Pick<Parcel, "parcelId" | "reference"> & { readonly status?: string },
    context: Context,
    { unless, effects = [] }: { readonly unless?: Condition | undefined; readonly effects?: readonly Effect[] } = {},
  ): Promise<boolean> {
    const { parcelId, reference, status: said } = parcel;
    const question: ParcelQuestion = {
      parcelId,
      reference,
      cause,
      at: this.parts.clock.now(),
      ...(said !== undefined && { said }),
    };
    const row: Effect = { kind: "putRow", collection: QUESTIONS, key: keyOf(question), value: JSON.stringify(question) };
    return this.commit(context, unless ? [unless] : [], [row, ...effects]);
  }

  /** A person has seen to it. Harmless when it is not open. */
  async settle(question: Pick<ParcelQuestion, "parcelId" | "cause">, context: Context): Promise<void> {
    await this.commit(context, [], [{ kind: "deleteRow", collection: QUESTIONS, key: keyOf(question) }]);
  }

  private async commit(context: Context, conditions: readonly Condition[], effects: readonly Effect[]): Promise<boolean> {
    const { store, clock, ids } = this.parts;
    const unit = { id: ids("unt"), cause: causeOf(context), conditions, effects };
    return (await commitSettled(store, unit, { clock })).outcome === "committed";
  }
}

function keyOf({ parcelId, cause }: Pick<ParcelQuestion, "parcelId" | "cause">): string {
  return `${parcelId} ${cause}`;
}
