import { aggregates } from "@daybook/data/cqrs/aggregates";
import type { Projection } from "@daybook/data/cqrs/projection";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { comparisonContract, type Asking } from "@daybook/shop-questions/contract";
import type { Money } from "@daybook/kernel/money";
import type { Random } from "@daybook/kernel/random";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { service, type Service } from "@daybook/network/rpc/server";
import { accountDecider } from "./account.ts";
import { accountRow, accounts, type Accounts } from "./accounts.ts";
import { bills, type Bills } from "./bills/bills.ts";
import type { CardProvider } from "./card-provider.ts";
import { cardHooks, type CardHooks } from "./cards/card-hooks.ts";
import { cardComparison } from "./cards/card-comparison.ts";
import { pendingCharges } from "./cards/pending-charges.ts";
import { paymentOutcomes, paymentsContract } from "./contract.ts";
import type { AccountEvent, PaymentEvent } from "./events.ts";
import { houseBalances, ledgerProjection, type LedgerRow } from "./ledger-balances.ts";
import { paymentView, type PaymentView } from "./payment-view.ts";
import { Payments } from "./payments.ts";

/** Queues of this context. */
export const PAYMENT_QUEUES = [paymentOutcomes, pendingCharges];

export interface PaymentsServiceParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly provider: CardProvider;
  /** Whom to ask about what does not fit. */
  readonly questions: Asking;
  /** Of the provider's web hooks: `whsec_…`; several while one is exchanged, none when it tells nothing. */
  readonly hookSecrets: readonly string[];
  /** After which a pending charge is asked for, time and again; 10 minutes. */
  readonly askAfterMs?: number;
}

export interface PaymentsService {
  /** Carries out `paymentsContract` for other contexts. */
  readonly calls: Service;
  /** Compares payments with the provider's books, by contract. */
  readonly comparison: Service;
  readonly accounts: Accounts;
  readonly bills: Bills;
  readonly hooks: CardHooks;
  /** What has become of an order's payment; undefined when there is none. */
  payment(orderId: string): Promise<PaymentView | undefined>;
  /** The read model "ledger". */
  readonly ledger: Projection<LedgerRow, AccountEvent | PaymentEvent>;
  /** What the house's accounts hold, by account and currency, as far as the read model is. */
  houseBalances(): Promise<readonly { readonly account: string; readonly balance: Money }[]>;
  /** Starts what is done about messages, in a process that may ask the card provider. */
  startConsumers(random: Random): readonly Consumer[];
}

/** The payments context, put together. */
export function paymentsService(parts: PaymentsServiceParts): PaymentsService {
  const { events, clock, ids, questions, hookSecrets } = parts;
  const { store } = events;
  const ofAccounts = aggregates({ events, clock, ids, decider: accountDecider, inline: accountRow });
  const payments = new Payments({ ...parts, accounts: ofAccounts });
  return {
    calls: service(paymentsContract, payments),
    comparison: service(comparisonContract("payments"), cardComparison({ ...parts, payments })),
    accounts: accounts(store, ofAccounts),
    bills: bills(events),
    hooks: cardHooks({ payments, events, clock, ids, questions, secrets: hookSecrets }),
    payment: (orderId) => paymentView(events, orderId),
    ledger: ledgerProjection(),
    houseBalances: () => houseBalances(store),
    startConsumers: (random) => [
      consume({
        queue: pendingCharges,
        store,
        clock,
        ids,
        random,
        handle: async ({ orderId }, { context }) =>
          (await payments.ask(orderId, { context })) ? [] : [payments.askLater(orderId, context)],
      }),
    ],
  };
}
