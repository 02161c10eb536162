import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";

/** What can happen to a copy of a book. Readers are named by their ids only: no personal field is stored. */
export const copyEvents = {
  CopyRegistered: recordType({ name: "CopyRegistered", schema: z.strictObject({ title: z.string() }) }),
  CopyLent: recordType({
    name: "CopyLent",
    schema: z.strictObject({ loan: z.int(), title: z.string(), reader: z.string(), dueAt: z.int() }),
  }),
  CopyReturned: recordType({ name: "CopyReturned", schema: z.strictObject({ loan: z.int(), reader: z.string() }) }),
  CopyReserved: recordType({ name: "CopyReserved", schema: z.strictObject({ reader: z.string() }) }),
};
