import { extraRow, plant, rewritten, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

/** Positions of the trial shop's customers: Ida 122, Tom 123, Eve 124; Ida 125 and 126, Tom 127 and 128, Eve deleted 129. */
const IDA = 122;
const IDA_UPDATED = 125;
const TOM_DEACTIVATED = 128;
const EVE_DELETED = 129;

const RULES = "customer rules (laws 2 and 13)";
const ROWS = "customers read model (law 3)";
const NAMES = "customer names";
const SEARCH = "customer-search (law 3)";

/** The row's key, or the end of a stream's name, of whom a fact is about. */
const ofCustomer = (position: number) =>
  `(SELECT substr(stream, length('customer-') + 1) FROM facts WHERE position = ${position})`;

function renamed(position: number, type: string): TrialChange {
  return sql(`UPDATE facts SET type = '${type}' WHERE position = ${position}`);
}

export const PLANTED_CUSTOMERS: readonly Plant[] = [
  plant(RULES, "a customer who is registered twice", renamed(IDA_UPDATED, "CustomerRegistered"), /registered before/),
  plant(RULES, "a customer who was never registered", sql(`DELETE FROM facts WHERE position = ${IDA}`), /never registered/),
  plant(RULES, "an active customer who is activated", renamed(TOM_DEACTIVATED, "CustomerActivated"), /not legal/),
  plant(RULES, "an event after the deletion", renamed(IDA_UPDATED, "CustomerDeleted"), /was deleted/),
  plant(
    RULES,
    "a customer of another id than its stream's",
    rewritten(IDA, (data) => data.replace('"customerId":"cus_', '"customerId":"cus_x')),
    /its stream's/,
  ),
  plant(
    ROWS,
    "an inactive customer who is shown as active",
    sql(`UPDATE rows SET value = replace(value, '"inactive"', '"active"') WHERE collection = 'customers'`),
    /not the fold/,
  ),
  plant(
    ROWS,
    "a password change that ends no session",
    sql(`UPDATE rows SET value = replace(value, '"passwordChanges":1,', '') WHERE collection = 'customers'`),
    /not the fold/,
  ),
  plant(
    ROWS,
    "a role that nobody assigned",
    sql(`UPDATE rows SET value = replace(value, '"viewer"', '"admin"') WHERE collection = 'customers'`),
    /not the fold/,
  ),
  plant(
    ROWS,
    "a missing row",
    sql("DELETE FROM row_index WHERE collection = 'customers'; DELETE FROM rows WHERE collection = 'customers'"),
    /no row/,
  ),
  plant(ROWS, "a row without a stream", extraRow("customers"), /no stream/),
  ...["registered", "status"].flatMap((name) => [
    plant(
      ROWS,
      `a wrong entry in ${name}`,
      sql(`UPDATE row_index SET entry = entry || 'x' WHERE collection = 'customers' AND name = '${name}'`),
      /not the row's/,
    ),
    plant(
      ROWS,
      `a missing entry in ${name}`,
      sql(`DELETE FROM row_index WHERE collection = 'customers' AND name = '${name}'`),
      /lacks the row/,
    ),
  ]),
  ...["user", "email"].flatMap((kind) => [
    plant(
      NAMES,
      `a customer without ${kind}`,
      sql(`DELETE FROM keys WHERE key LIKE 'name/${kind}/%' AND value = ${ofCustomer(IDA)}`),
      new RegExp(`without ${kind}`),
    ),
    plant(
      NAMES,
      `another's ${kind}`,
      sql(
        `UPDATE keys SET value = CASE value WHEN ${ofCustomer(IDA)} THEN ${ofCustomer(123)} ELSE ${ofCustomer(IDA)} END WHERE key LIKE 'name/${kind}/%'`,
      ),
      /not the name/,
    ),
  ]),
  plant(
    NAMES,
    "a name that a deletion left behind",
    sql(`UPDATE keys SET value = ${ofCustomer(EVE_DELETED)} WHERE key LIKE 'name/user/%'`),
    /nobody who is there/,
  ),
  plant(
    NAMES,
    "an earlier name that was not freed",
    sql(`INSERT INTO keys (key, value) VALUES ('name/user/${"0".repeat(64)}', ${ofCustomer(IDA)})`),
    /another one already|not the name/,
  ),
  plant(
    NAMES,
    "a name in the clear",
    sql(`INSERT INTO keys (key, value) VALUES ('name/user/ida', ${ofCustomer(IDA)})`),
    /not in the form/,
  ),
  plant(
    NAMES,
    "a log-in that a deletion left behind",
    sql(`UPDATE keys SET key = 'log-in/' || ${ofCustomer(EVE_DELETED)} WHERE key = 'log-in/' || ${ofCustomer(IDA)}`),
    /nobody who is there/,
  ),
  plant(NAMES, "a customer without log-in", sql("DELETE FROM keys WHERE key LIKE 'log-in/%'"), /without log-in/),
  plant(NAMES, "a password in the clear", sql("UPDATE keys SET value = 'secret' WHERE key LIKE 'log-in/%'"), /not in the form/),
  plant(
    SEARCH,
    "a token too few",
    sql("UPDATE rows SET value = replace(value, '[\"', '[\"0') WHERE collection LIKE 'customer-search%'"),
    /not the fold/,
  ),
  plant(SEARCH, "a row of nobody", extraRow("customer-search.1"), /nobody/),
  plant(
    SEARCH,
    "tokens that a deletion left behind",
    sql(`UPDATE rows SET key = ${ofCustomer(EVE_DELETED)} WHERE collection = 'customer-search.1' AND key = ${ofCustomer(IDA)}`),
    /nobody/,
  ),
  plant(
    SEARCH,
    "a missing row",
    sql(
      "DELETE FROM row_index WHERE collection LIKE 'customer-search%'; DELETE FROM rows WHERE collection LIKE 'customer-search%'",
    ),
    /no row/,
  ),
  plant(
    SEARCH,
    "a wrong entry",
    sql("UPDATE row_index SET entry = '0' || entry WHERE collection LIKE 'customer-search%'"),
    /not the row's/,
  ),
  plant(SEARCH, "missing entries", sql("DELETE FROM row_index WHERE collection LIKE 'customer-search%'"), /lacks tokens/),
  plant(
    "order-search (law 3)",
    "tokens of a customer who was deleted",
    sql("UPDATE facts SET type = 'CustomerDeleted', stream = 'customer-cus_zoe' WHERE position = 18"),
    /nobody/,
  ),
  plant(
    "personal",
    "a profile in the clear, in a fact",
    rewritten(IDA, (data) => data.replace(/"profile":"[^"]+"/, '"profile":{"userName":"ida"}')),
    /"profile" is in the clear/,
  ),
  plant(
    "idempotency keys",
    "an answer about a customer who is not there",
    sql("UPDATE keys SET value = replace(value, 'cus_', 'cus_x') WHERE key LIKE 'answer/%'"),
    /not in the log/,
  ),
];
