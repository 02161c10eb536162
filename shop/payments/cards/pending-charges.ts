import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { z } from "zod";

const schema = z.strictObject({ orderId: givenId });

/** A charge of which the provider has not told what became of it: it is asked, time and again, for as long as it is away. */
export type PendingCharge = z.infer<typeof schema>;

export const pendingCharges = queue({
  name: "pending-charges",
  message: recordType({ name: "PendingCharge", schema }),
  policy: { attemptsMax: 1_000, firstDelayMs: 10_000, factor: 2, delayMsMax: 60 * 60 * 1_000, jitter: 0.3 },
});
