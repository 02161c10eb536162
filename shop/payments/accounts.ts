import type { Aggregates } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Folded } from "@daybook/data/event-store/fold";
import { readModel } from "@daybook/data/cqrs/read-model";
import type { Row, RowCursor, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { Context } from "@daybook/kernel/context";
import { canonical } from "@daybook/kernel/canonical";
import type { Money } from "@daybook/kernel/money";
import type { Account, AccountCommand } from "./account.ts";
import { LEDGER, LEDGER_LISTS, type LedgerRow } from "./ledger-balances.ts";
import { fundOrders, type OrderFunds } from "./order-funds.ts";

/** The read model "accounts": one row an account, put with each of its events. */
const ACCOUNTS = "accounts";
const BY_OWNER = "owner";

export interface AccountDetails {
  readonly accountId: string;
  readonly ownerId: string;
  readonly status: "open" | "closed";
  readonly balance: Money;
  /** Postings. */
  readonly transactions: number;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

export interface AccountPage {
  readonly accounts: readonly AccountDetails[];
  readonly next?: RowCursor;
}

/** What the open accounts of a currency hold together. */
export interface OpenTotal {
  readonly accounts: number;
  readonly total: Money;
}

/** Customers' accounts: commands on them, and what they hold. */
export interface Accounts extends Pick<Aggregates<Account, AccountCommand>, "execute"> {
  /** A customer pays in what orders need, once for each; the account is opened when it is not there. Answers why not. */
  fund(funds: OrderFunds, context: Context): Promise<Refusal | undefined>;
  get(accountId: string): Promise<AccountDetails | undefined>;
  /** By id; one person's with `ownerId`. */
  list(page: { readonly ownerId?: string | undefined; readonly limit: number; readonly after?: RowCursor }): Promise<AccountPage>;
  /** As far as the read model "ledger" is. */
  openTotals(): Promise<readonly OpenTotal[]>;
}

export function accounts(store: Store, aggregates: Aggregates<Account, AccountCommand>): Accounts {
  return {
    execute: (accountId, command, options) => aggregates.execute(accountId, command, options),
    fund: (funds, context) => fundOrders(store, aggregates, funds, context),
    async get(accountId) {
      const row = await store.getRow(ACCOUNTS, accountId);
      return row && detailsOf(row);
    },
    async list({ ownerId, ...page }) {
      const of = ownerId === undefined ? {} : { index: BY_OWNER, prefix: `${ownerId} ` };
      const { rows, next } = await store.listRows({ collection: ACCOUNTS, ...of, ...page });
      return { accounts: rows.map(detailsOf), ...(next && { next }) };
    },
    async openTotals() {
      const { rows } = await readModel<LedgerRow>(store, LEDGER).list({ index: LEDGER_LISTS.open });
      return rows.map(({ value: { count, minor, currency } }) => ({ accounts: count, total: { minor, currency } }));
    },
  };
}

/** The effect that keeps an account's row; pure. */
export function accountRow(id: string, { state, version }: Folded<Account>): readonly Effect[] {
  if (state.status === "absent") return [];
  const value = canonical({ account: state, version });
  return [{ kind: "putRow", collection: ACCOUNTS, key: id, value, index: { [BY_OWNER]: [`${state.ownerId} ${id}`] } }];
}

interface AccountRow {
  readonly account: Exclude<Account, { status: "absent" }>;
  readonly version: number;
}

function detailsOf({ value, recordedAt }: Row): AccountDetails {
  const { account, version } = JSON.parse(value) as AccountRow; // written by accountRow
  return { ...account, version, changedAt: recordedAt };
}
