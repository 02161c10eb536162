import type { SubjectKeys } from "@daybook/kernel/sealed";
import type { Handled, MessageAttempt } from "@daybook/messaging/queue";
import type { Sender } from "@daybook/messaging/queue/send";
import type { OneCustomer } from "./contract.ts";

export interface ErasureParts {
  readonly keys: SubjectKeys;
  readonly sender: Sender<OneCustomer>;
  /** Whether an order of the customer is still carried out: it needs name and address to its end. */
  readonly hasOpenOrders: (customerId: string) => Promise<boolean>;
  /** When it is asked again. */
  readonly retryMs: number;
}

/** Erases the personal data of a deleted customer, in whatever context it is, with its key; later while an order is open. */
export function erasure({ keys, sender, hasOpenOrders, retryMs }: ErasureParts) {
  return async ({ customerId }: OneCustomer, { context }: Pick<MessageAttempt, "context">): Promise<Handled> => {
    if (await hasOpenOrders(customerId)) return [sender.effect({ customerId }, { context, delayMs: retryMs })];
    await keys.erase(customerId);
    return [];
  };
}
