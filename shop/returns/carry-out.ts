import { valueOf, type Answer, type Operable } from "@daybook/network/rpc/contract";
import type { inventoryContract } from "@daybook/shop-inventory/contract";
import type { paymentsContract } from "@daybook/shop-payments/contract";
import { callOf } from "@daybook/workflow/calling";
import { implement, type StepImplementation } from "@daybook/workflow/implement";
import type { returnsContract } from "./contract.ts";
import { returnBlocked } from "./errors.ts";
import * as steps from "./steps.ts";

/** The contexts that carry a return out, by their contracts. */
export interface ReturnPartners {
  readonly returns: Operable<(typeof returnsContract)["operations"]>;
  readonly inventory: Pick<Operable<(typeof inventoryContract)["operations"]>, "takeBack">;
  readonly payments: Pick<Operable<(typeof paymentsContract)["operations"]>, "giveBack">;
}

/** How each step of the workflow is done: by a call under the step's key. */
export function returnSteps({ returns, inventory, payments }: ReturnPartners): readonly StepImplementation[] {
  return [
    implement(steps.lookAtReturn, async (input, attempt) => valueOf(await returns.get(input, callOf(attempt)))),
    implement(steps.endReturn, async ({ returnId }, attempt) => {
      // Refused when the return has ended in another way, which is as well.
      await returns.reject({ returnId, reason: "The return is not carried out." }, callOf(attempt));
      return {};
    }),
    implement(steps.takeBackStock, async (input, attempt) => done(await inventory.takeBack(input, callOf(attempt)))),
    implement(steps.giveBackMoney, async (input, attempt) => accepted(await payments.giveBack(input, callOf(attempt)))),
    implement(steps.completeReturn, async (input, attempt) => done(await returns.complete(input, callOf(attempt)))),
  ];
}

function done(answer: Answer<unknown>): Record<string, never> {
  accepted(answer);
  return {};
}

/** What must happen is tried again, and is at last a person's, when it is refused. */
function accepted<Output>(answer: Answer<Output>): Output {
  if ("refusal" in answer) throw returnBlocked(`refused: ${answer.refusal.code}: ${answer.refusal.message}`);
  return answer.value;
}
