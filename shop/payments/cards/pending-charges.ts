import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { z } from "zod";

const schema = z.strictObject({ orderId: givenId });

/** A charge of which the provider has not told what became of it: it is asked, time and again. */
export type PendingCharge = z.infer<typeof schema>;

export const pendingCharges = queue({
  name: "pending-charges",
  message: recordType({ name: "PendingCharge", schema }),
});
