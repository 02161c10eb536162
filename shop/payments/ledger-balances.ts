import { projection, type Projection, type View } from "@daybook/data/cqrs/projection";
import { readModel } from "@daybook/data/cqrs/read-model";
import type { Store } from "@daybook/data/store";
import type { Money } from "@daybook/kernel/money";
import { ACCOUNT_CATEGORY, PAYMENT_CATEGORY, type AccountEvent, type PaymentEvent } from "./events.ts";
import { HOUSE, type Entry } from "./ledger.ts";

/**
 * The read model "ledger": what each account holds by the ledger's entries, one row an account of a customer, one an
 * account of the house and currency; and one a currency for all open accounts together.
 */
export const LEDGER = "ledger";
export const LEDGER_LISTS = { house: "house", open: "open" } as const;

export interface LedgerRow {
  readonly account: string;
  readonly currency: string;
  readonly minor: string;
  /** Postings; of all open accounts together: how many they are. */
  readonly count: number;
  readonly isClosed?: boolean;
}

/** No customer's account has this name: ids are without a colon. */
const OPEN_ACCOUNTS = "accounts:open";
const HOUSE_ACCOUNTS: ReadonlySet<string> = new Set(Object.values(HOUSE));

export function ledgerProjection(): Projection<LedgerRow, AccountEvent | PaymentEvent> {
  return projection<LedgerRow, AccountEvent | PaymentEvent>({
    name: LEDGER,
    version: 1,
    categories: [ACCOUNT_CATEGORY, PAYMENT_CATEGORY],
    async project({ event, stream }, view) {
      switch (event.type) {
        case "AccountOpened": {
          const { accountId: account, currency } = event.data;
          view.put(account, { account, currency, minor: "0", count: 0 });
          return added(view, OPEN_ACCOUNTS, currency, 0n, 1);
        }
        case "AccountClosed":
          return closed(view, stream.slice(ACCOUNT_CATEGORY.length + 1));
        case "AccountDeposited":
        case "AccountWithdrawn":
        case "PaymentCompleted":
        case "PaymentRefunded":
        case "PaymentGivenBack":
          return posted(view, event.data.entry);
        default: // an account's part of a payment is in the payment's entry
      }
    },
  });
}

/** What the house's accounts hold, by account and currency. */
export async function houseBalances(store: Store): Promise<readonly { readonly account: string; readonly balance: Money }[]> {
  const { rows } = await readModel<LedgerRow>(store, LEDGER).list({ index: LEDGER_LISTS.house });
  return rows.map(({ value: { account, minor, currency } }) => ({ account, balance: { minor, currency } }));
}

async function posted(view: View<LedgerRow>, entry: Entry): Promise<void> {
  for (const { account, currency, minor } of entry) {
    if (HOUSE_ACCOUNTS.has(account)) {
      await added(view, account, currency, BigInt(minor), 1);
      continue;
    }
    const row = await view.get(account);
    if (!row) continue; // accounts are opened before anything is posted to them
    view.put(account, { ...row, minor: String(BigInt(row.minor) + BigInt(minor)), count: row.count + 1 });
    if (row.isClosed !== true) await added(view, OPEN_ACCOUNTS, currency, BigInt(minor), 0);
  }
}

async function closed(view: View<LedgerRow>, account: string): Promise<void> {
  const row = await view.get(account);
  if (!row) return;
  view.put(account, { ...row, isClosed: true });
  await added(view, OPEN_ACCOUNTS, row.currency, -BigInt(row.minor), -1);
}

/** To an account that has a row a currency. */
async function added(view: View<LedgerRow>, account: string, currency: string, minor: bigint, count: number): Promise<void> {
  const key = `${account} ${currency}`;
  const before = await view.get(key);
  const row = {
    account,
    currency,
    minor: String(BigInt(before?.minor ?? "0") + minor),
    count: (before?.count ?? 0) + count,
  };
  view.put(key, row, account === OPEN_ACCOUNTS ? { [LEDGER_LISTS.open]: [currency] } : { [LEDGER_LISTS.house]: [key] });
}
