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
    return {
      orders: (await all(store, "orders")).map((row) => orderOf(row["order"] as Shown)),
      stock: (await all(store, "stock")).map((row) => row["stock"] as Shown),
      accounts: (await all(store, "accounts")).map((row) => without(row["account"] as Shown, "transactions")),
      returns: (await all(store, "returns")).map((row) => without(row["return"] as Shown, "creditNote")),
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

/** Reservation, shipment and bills have ids and numbers of their moment. */
function orderOf({ returns = [], ...order }: Shown): Shown {
  const back = (returns as readonly Shown[]).map((each) => without(each, "creditNote"));
  return without({ ...order, returns: back }, "reservationId", "shipment");
}

function without(shown: Shown, ...names: readonly string[]): Shown {
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !names.includes(name)));
}
