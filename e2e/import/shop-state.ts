import type { Store } from "@daybook/data/store";
import { openShop } from "@daybook/shop/shop";

/** What a shop's business came to, without ids that chance gave and times of recording: equal imports leave equal states. */
export interface ShopState {
  readonly orders: readonly object[];
  readonly stock: readonly object[];
  readonly accounts: readonly object[];
  readonly returns: readonly object[];
  /** Balance by house account. */
  readonly house: Readonly<Record<string, string>>;
}

export async function shopState(data: string): Promise<ShopState> {
  const shop = await openShop({ data, isReadOnly: true });
  try {
    const { store } = shop;
    const house = await shop.payments.houseBalances();
    const members = async (collection: string, name: string) => (await all(store, collection)).map((row) => memberOf(row, name));
    return {
      orders: (await members("orders", "order")).map(orderOf),
      stock: await members("stock", "stock"),
      accounts: (await members("accounts", "account")).map((account) => without(account, "transactions")),
      returns: (await members("returns", "return")).map((each) => without(each, "creditNote")),
      house: Object.fromEntries(house.map(({ account, balance }) => [account, balance.minor])),
    };
  } finally {
    await shop.close();
  }
}

type Shown = Readonly<Record<string, unknown>>;

async function all(store: Store, collection: string): Promise<readonly Shown[]> {
  const rows: Shown[] = [];
  let page = await store.listRows({ collection });
  for (;;) {
    rows.push(...page.rows.map(({ value }) => JSON.parse(value) as Shown)); // rows hold objects
    if (!page.next) return rows;
    page = await store.listRows({ collection, after: page.next });
  }
}

/** What a row says, without its version. */
function memberOf(row: Shown, name: string): Shown {
  return row[name] as Shown; // rows of these collections have it
}

/** Reservation, shipment and bills have ids and numbers of their moment. */
function orderOf({ returns = [], ...order }: Shown): Shown {
  const back = returns as readonly Shown[]; // of an order's row
  return without({ ...order, returns: back.map((each) => without(each, "creditNote")) }, "reservationId", "shipment");
}

function without(shown: Shown, ...names: readonly string[]): Shown {
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !names.includes(name)));
}
