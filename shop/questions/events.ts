import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import { differenceSchema, sourceSchema } from "./contract.ts";

const about = z.strictObject({ questionId: givenId });
const by = z.string().min(1).max(100);
const words = z.string().min(1).max(500);

/** The events of one question: who acted, and because of what, stands with each. */
export const questionEvents = {
  /** Also again, when it was settled, or resolved and is found otherwise. `askedAt`: epoch milliseconds. */
  QuestionAsked: recordType({
    name: "QuestionAsked",
    schema: about.extend({ source: sourceSchema, ...differenceSchema.shape, askedAt: z.int().min(0) }),
  }),
  /** Something else was found before anybody answered. */
  QuestionChanged: recordType({ name: "QuestionChanged", schema: about.extend({ found: differenceSchema.shape.found }) }),
  /** Somebody sees to it. */
  QuestionTaken: recordType({ name: "QuestionTaken", schema: about.extend({ by, note: words }) }),
  /** Somebody has seen to it. */
  QuestionResolved: recordType({ name: "QuestionResolved", schema: about.extend({ by, reason: words }) }),
  /** It is no longer so: nobody needs to see to it. */
  QuestionSettled: recordType({ name: "QuestionSettled", schema: about }),
} as const;
export type QuestionEvent = EventOf<typeof questionEvents>;

/** Streams of this category hold one question each. */
export const QUESTION_CATEGORY = "question";
