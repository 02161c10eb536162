import { compareSides, settledSides, type BookEntry, type TwoSides } from "@daybook/data/cqrs/two-sides";
import { givenId } from "@daybook/kernel/ids";
import { contract, type Call, type Operable } from "@daybook/network/rpc/contract";
import { z } from "zod";

/** Contexts that compare what they know with what others do, and ask. */
export const SOURCES = ["payments", "shipping", "fulfilment"] as const;
export const sourceSchema = z.enum(SOURCES);
export type Source = z.infer<typeof sourceSchema>;

/** Of what was found, and of what somebody outside said, so much is kept. */
export const FOUND_MAX = 10_000;
const nameSchema = z.string().min(1).max(255);

/** Something that does not fit, and that no program can put right. */
export const differenceSchema = z.strictObject({
  /** What is wrong: with source and subject it is one question, however often it is found. */
  cause: z.string().regex(/^[a-z][a-z-]{0,49}$/),
  /** What it is about, by its name there: a charge, a parcel, a run, a web hook. */
  subject: nameSchema,
  /** Our own name for it there. */
  key: nameSchema.optional(),
  orderId: givenId.optional(),
  /** What is so here and what there: found otherwise, the question is another. */
  found: z.string().min(1).max(FOUND_MAX),
});
export type Difference = z.infer<typeof differenceSchema>;

export const questionsContract = contract("questions", {
  /**
   * Makes it work for a person, unless it is that already, or somebody has resolved exactly this. Asked again, nothing
   * changes.
   */
  ask: { input: differenceSchema.extend({ source: sourceSchema }), output: z.strictObject({ questionId: z.string() }) },
});

/** What asks: the same for who carries it out and who calls it. */
export type Asking = Operable<(typeof questionsContract)["operations"]>;

const openSchema = differenceSchema.omit({ found: true }).extend({ questionId: givenId });
export type OpenQuestion = z.infer<typeof openSchema>;

export const RECHECKED_MAX = 100;

const comparing = {
  /**
   * A page of comparing what changed on either side from `from` on and has rested since before `to` (epoch milliseconds): the
   * first without a cursor, the last when there is none in the answer. What the other side says and nobody had heard is
   * heard first. Changes nothing else; the same page may be asked for again.
   */
  compare: {
    input: z.strictObject({ from: z.int().min(0), to: z.int().min(0), cursor: z.string().max(1_000).optional() }),
    output: z.strictObject({
      compared: z.int().min(0),
      differences: z.array(differenceSchema).max(1_000),
      cursor: z.string().max(1_000).optional(),
    }),
  },
  /** Which of these are no longer so, by their ids; what nobody can look at again is so for ever. */
  recheck: {
    input: z.strictObject({ questions: z.array(openSchema).max(RECHECKED_MAX) }),
    output: z.strictObject({ settled: z.array(z.string()) }),
  },
};

/** What a source offers to whoever has it compared. */
export function comparisonContract(source: Source) {
  return contract(`${source}-comparison`, comparing);
}
export type Comparing = Operable<typeof comparing>;

/** Compares by the books of a partner: the difference is in the sides, which may depend on who asks. */
export function comparingBooks<Entry extends BookEntry, View>(
  sidesFor: (call: Call) => TwoSides<Entry, View, Difference>,
): Comparing {
  return {
    async compare(page, call) {
      const { differences, ...rest } = await compareSides(sidesFor(call), page);
      return { value: { ...rest, differences: [...differences] } };
    },
    async recheck({ questions }, call) {
      const asked = questions.map(({ orderId: streamId, ...question }) => ({ ...question, streamId }));
      const settled = await settledSides(sidesFor(call), asked);
      return { value: { settled: settled.map(({ questionId }) => questionId) } };
    },
  };
}
