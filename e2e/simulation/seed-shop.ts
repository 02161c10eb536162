import { aggregates } from "@daybook/data/cqrs/aggregates";
import { money } from "@daybook/kernel/money";
import { below, type Random } from "@daybook/kernel/random";
import { customerDecider } from "../../shop/customers/customer.ts";
import { customerRow } from "../../shop/customers/customer-row.ts";
import { PRICES } from "./prices.ts";
import type { ShopProcess } from "./shop-process.ts";

/** Customers that order and may leave. */
export const LEAVERS: readonly string[] = ["cus_leaver_1", "cus_leaver_2"];

export function accountOf(client: string): string {
  return `acc_${client}`;
}

const context = { correlationId: "cor_seed", actor: "sys_seed", tenant: "default" };
const render = () => null;

/** Products, some of each in stock, accounts with some money, and customers who may leave, before anything is at fault. */
export async function seedShop(process: ShopProcess, clients: readonly string[], random: Random): Promise<void> {
  const { catalogue, inventory, payments } = process.shop;
  await catalogue.seed(context);
  for (const productId of Object.keys(PRICES)) await inventory.receive(productId, 8 + below(random, 50), context);
  for (const client of clients) {
    const accountId = accountOf(client);
    await payments.accounts.execute(
      accountId,
      { type: "open", accountId, ownerId: client, currency: "GBP" },
      { context, render },
    );
    const amount = money(BigInt(5_000 + below(random, 40_000)), "GBP");
    await payments.accounts.execute(accountId, { type: "deposit", amount, reason: "Paid in." }, { context, render });
  }
  for (const leaver of LEAVERS) await register(process, leaver);
}

/** Without a password: its digest is worked out on threads, whose pace is not simulated. */
async function register({ events, clock, ids }: ShopProcess, customerId: string): Promise<void> {
  const customers = aggregates({ events, clock, ids, decider: customerDecider, inline: customerRow });
  const name = customerId.replaceAll("_", "-");
  const profile = { userName: name, firstName: "Lea", lastName: "Ver", email: `${name}@example.org`, addresses: [] };
  await customers.execute(customerId, { type: "register", customerId, profile }, { context, render });
}
