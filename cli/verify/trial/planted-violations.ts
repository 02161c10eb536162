import { PLANTED_ARCHIVE } from "./planted-archive.ts";
import { PLANTED_AGREEMENT } from "./planted-agreement.ts";
import { PLANTED_CUSTOMERS } from "./planted-customers.ts";
import { PLANTED_GOODS } from "./planted-goods.ts";
import { PLANTED_QUESTIONS } from "./planted-questions.ts";
import { PLANTED_RETURNS } from "./planted-returns.ts";
import { deletedRow, extraRow, insertRow, plant, rewritten, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

/**
 * Positions of the trial shop: products 1 to 12; orders of a customer 13 and a guest 14 with contacts, imported 15; up to here
 * the first seal; then a customer's order 16, cancelled 17, imported 18: the second; two that are not sealed, 19 and 20; an order of 101 events with a snapshot, 21 to 121; customers
 * 122 to 129: three registered, one updated (125) and with preferences, one with roles and deactivated (128), one deleted.
 */
const ORDER = 13;
const GUEST = 14;
const TAIL = 19;

const IN_THE_LOG: readonly Plant[] = [
  plant(
    "digests",
    "a byte of a fact's data",
    sql(`UPDATE facts SET data = replace(data, '"quantity":2', '"quantity":3') WHERE position = ${ORDER}`),
    /digest/,
  ),
  plant("digests", "a digest", sql(`UPDATE facts SET digest = zeroblob(32) WHERE position = ${TAIL}`), /digest/),
  plant(
    "digests",
    "a byte of a fact's cause",
    sql(`UPDATE facts SET meta = replace(meta, 'usr_trial', 'usr_trail') WHERE position = ${TAIL}`),
    /digest/,
  ),
  plant(
    "digests",
    "data that is not canonical, under its right digest",
    rewritten(TAIL, (data) => data.replace(":", ": ")),
    /not canonical/,
  ),
  plant("digests", "an event's type", sql(`UPDATE facts SET type = 'OrderCancelled' WHERE position = ${TAIL}`), /digest/),
  plant(
    "positions",
    "a fact that is gone from the middle",
    sql(`DELETE FROM facts WHERE position = ${GUEST}`),
    /after position 13 stands 15/,
  ),
  plant(
    "positions",
    "a fact recorded before the one before it",
    sql(`UPDATE facts SET recorded_at = 1 WHERE position = ${TAIL}`),
    /earlier/,
  ),
  plant("seals", "two sealed facts swapped", swapped(ORDER, GUEST), /not those that were sealed/),
  plant(
    "seals",
    "a sealed fact with a new text and its right digest",
    rewritten(ORDER, (data) => data.replace('"quantity":2', '"quantity":3')),
    /not those/,
  ),
  plant(
    "seals",
    "a sealed fact recorded a millisecond later",
    sql("UPDATE facts SET recorded_at = recorded_at + 1 WHERE position = 18"),
    /not those/,
  ),
  plant(
    "seals",
    "an altered seal",
    sql(`UPDATE rows SET value = replace(value, '"hash":"', '"hash":"0') WHERE collection = 'seals'`),
    /not in the form/,
  ),
  plant("seals", "a seal with another hash", exchangedHash(), /not those that were sealed/),
  plant(
    "seals",
    "the first seal dropped",
    sql("DELETE FROM rows WHERE collection = 'seals' AND key LIKE '%15'"),
    /no seal covers/,
  ),
  plant(
    "seals",
    "the last seal dropped",
    sql("DELETE FROM rows WHERE collection = 'seals' AND key LIKE '%18'"),
    /no seal covers/,
  ),
  plant("seals", "a seal of what the sealer never saw", extraSeal(), /never came here/),
  plant("seals", "sealed facts cut off", sql("DELETE FROM facts WHERE position >= 16"), /are gone/),
  plant("versions", "a version left out", sql(`UPDATE facts SET version = 3 WHERE position = 17`), /version 3 follows version 1/),
  plant(
    "versions",
    "a stream's first version left out",
    sql(`UPDATE facts SET version = 2 WHERE position = ${TAIL}`),
    /version 2 follows version 0/,
  ),
  plant("units", "two facts swapped that no seal covers", swapped(TAIL, TAIL + 1), /committed at/),
  plant(
    "units",
    "another time than the unit's",
    sql("UPDATE facts SET recorded_at = recorded_at + 1 WHERE position = 20"),
    /another time/,
  ),
  plant("units", "a unit that was never committed", sql(`DELETE FROM units WHERE position = ${TAIL}`), /never committed/),
  plant(
    "units",
    "a fact that changed its unit",
    sql(`UPDATE facts SET unit = 'unt_other' WHERE position = ${TAIL}`),
    /never committed/,
  ),
];

const IN_READ_MODELS: readonly Plant[] = [
  plant(
    "orders read model (law 3)",
    "an altered row",
    sql(`UPDATE rows SET value = replace(value, '"placed"', '"packed"') WHERE collection = 'orders'`),
    /not the fold/,
  ),
  plant(
    "orders read model (law 3)",
    "a row of an older version",
    sql("UPDATE rows SET recorded_at = recorded_at - 1 WHERE collection = 'orders'"),
    /last event/,
  ),
  plant("orders read model (law 3)", "a missing row", deletedRow("orders", "581475"), /no row/),
  plant("orders read model (law 3)", "a row without a stream", extraRow("orders"), /no stream/),
  plant(
    "orders read model (law 3)",
    "a row from the future",
    sql("UPDATE rows SET position = 999 WHERE collection = 'orders'"),
    /does not have/,
  ),
  plant(
    "orders read model (law 3)",
    "facts cut off behind the seals",
    sql("DELETE FROM facts WHERE position >= 19"),
    /does not have/,
  ),
  ...["placed", "status", "customer", "customer-status", "end"].flatMap((name) => [
    plant(
      "orders read model (law 3)",
      `a wrong entry in ${name}`,
      sql(`UPDATE row_index SET entry = entry || 'x' WHERE name = '${name}' AND key = '581475'`),
      /not the row's/,
    ),
    plant(
      "orders read model (law 3)",
      `a missing entry in ${name}`,
      sql(`DELETE FROM row_index WHERE name = '${name}' AND key = '581475'`),
      /lacks the row/,
    ),
    plant("orders read model (law 3)", `an entry too many in ${name}`, extraEntry(name, "581475"), /not the row's/),
  ]),
  plant(
    "order-search (law 3)",
    "a token too few",
    sql("UPDATE rows SET value = replace(value, '[\"', '[\"0') WHERE collection LIKE 'order-search%'"),
    /not the fold/,
  ),
  plant("order-search (law 3)", "a missing row", deletedRow("order-search.1", "cus_zoe"), /no row/),
  plant("order-search (law 3)", "a row of nobody", extraRow("order-search.1"), /nobody/),
  plant(
    "order-search (law 3)",
    "a wrong entry",
    sql("UPDATE row_index SET entry = '0' || entry WHERE name = 'token' AND key = 'cus_zoe'"),
    /not the row's/,
  ),
  plant(
    "order-search (law 3)",
    "a missing entry",
    sql("DELETE FROM row_index WHERE name = 'token' AND key = 'cus_zoe'"),
    /lacks tokens/,
  ),
  plant(
    "order-search (law 3)",
    "tokens left after an erasure",
    { keys: (db) => db.exec("UPDATE keys SET value = 'erased' WHERE key = 'subject/cus_zoe'") },
    /erased are left/,
  ),
  plant(
    "products (law 3)",
    "another price",
    sql(`UPDATE rows SET value = replace(value, '850', '851') WHERE collection = 'products'`),
    /not the fold/,
  ),
  plant("products (law 3)", "a missing row", deletedRow("products", "clock"), /no row/),
  plant("products (law 3)", "a product that was never listed", extraRow("products"), /no stream/),
  plant(
    "products (law 3)",
    "a listing without a price",
    rewritten(1, (data) => data.replace('"850"', '"-850"')),
    /above zero/,
  ),
];

const IN_THE_REST: readonly Plant[] = [
  plant(
    "order rules (laws 2 and 13)",
    "a total that is not the sum",
    rewritten(TAIL, (data) => data.replace('"total":{"currency":"GBP","minor":"1', '"total":{"currency":"GBP","minor":"2')),
    /total/,
  ),
  plant(
    "order rules (laws 2 and 13)",
    "an order cancelled twice",
    sql(
      `UPDATE facts SET type = 'OrderCancelled', data = '{"reason":"x"}', version = 3, stream = (SELECT stream FROM facts WHERE position = 17) WHERE position = ${TAIL}`,
    ),
    /the order was cancelled/,
  ),
  plant(
    "order rules (laws 2 and 13)",
    "an order of another id than its stream's",
    sql(`UPDATE facts SET stream = 'order-other' WHERE position = ${TAIL}`),
    /its stream's/,
  ),
  plant(
    "personal",
    "a contact in the clear, in a fact",
    rewritten(ORDER, (data) => data.replace(/"contact":"[^"]+"/, '"contact":{"firstName":"Ada"}')),
    /"contact" is in the clear/,
  ),
  plant(
    "personal",
    "an address in the clear, in a fact",
    rewritten(TAIL, (data) => data.replace('"customer":{', '"customer":{"email":"a@b.example",')),
    /"email" is in the clear/,
  ),
  plant(
    "personal",
    "a contact in the clear, in a row",
    sql(`UPDATE rows SET value = '{"order":{"customer":{"contact":{"email":"a@b.example"}}}}' WHERE key = '581475'`),
    /"contact" is in the clear/,
  ),
  plant(
    "personal",
    "a contact in the clear, in a kept answer",
    sql(`UPDATE keys SET value = substr(value, 1, 65) || '{"status":200,"body":"{\\"contact\\":{}}"}' WHERE key LIKE 'answer/%'`),
    /"contact" is in the clear/,
  ),
  plant(
    "personal",
    "a subject that nobody knows",
    { keys: (db) => db.exec("DELETE FROM keys WHERE key = 'subject/cus_zoe'") },
    /no key/,
  ),
  plant(
    "personal",
    "a key that was changed",
    { keys: (db) => db.exec("UPDATE keys SET value = substr(value, 1, 40) || 'AAAA' || substr(value, 45)") },
    /master key/,
  ),
  plant(
    "personal",
    "a block that was changed",
    rewritten(ORDER, (data) => data.replace(/(:unt_[^:]+:)(.{8})/, "$1AAAAAAAA")),
    /does not open/,
  ),
  plant("personal", "a block of another record", sql(`UPDATE facts SET ordinal = 1 WHERE position = ${ORDER}`), /another record/),
  plant(
    "idempotency keys",
    "an answer in another form",
    sql("UPDATE keys SET value = 'x' || value WHERE key LIKE 'answer/%'"),
    /not in the form/,
  ),
  plant(
    "idempotency keys",
    "an answer about an order that is not there",
    sql("UPDATE keys SET value = replace(value, 'ord_', 'ord_x') WHERE key LIKE 'answer/%'"),
    /not in the log/,
  ),
  plant(
    "idempotency keys",
    "a checkpoint beyond the log",
    sql("UPDATE keys SET value = '999' WHERE key = 'checkpoint/order-search.1'"),
    /not a position/,
  ),
  plant(
    "snapshots (law 1)",
    "a snapshot of another state",
    sql(`UPDATE rows SET value = replace(value, '"placed"', '"packed"') WHERE collection = 'snapshots.order'`),
    /not the fold/,
  ),
  plant(
    "snapshots (law 1)",
    "a snapshot of another version",
    sql(`UPDATE rows SET value = replace(value, '"version":100', '"version":99') WHERE collection = 'snapshots.order'`),
    /not the fold/,
  ),
  plant(
    "snapshots (law 1)",
    "a snapshot from the future",
    sql(`UPDATE rows SET value = replace(value, '"version":100', '"version":200') WHERE collection = 'snapshots.order'`),
    /does not have/,
  ),
  plant(
    "snapshots (law 1)",
    "a snapshot that cannot be read",
    sql(`UPDATE rows SET value = 'x' || value WHERE collection = 'snapshots.order'`),
    /not in the form/,
  ),
  plant("work", "an event of work that is gone", sql("DELETE FROM work WHERE version = 2"), /version 3 follows version 1/),
  plant("work", "work that is not canonical", sql(`UPDATE work SET data = '{"n": 1}' WHERE version = 3`), /not canonical/),
  plant("due items", "a revision that was never given", sql("UPDATE due SET revision = 0 WHERE id = 'two'"), /revision/),
  plant("due items", "a payload that is no JSON", sql("UPDATE due SET payload = '{' WHERE id = 'one'"), /no JSON/),
  plant("leases", "a token that was never given", sql("UPDATE leases SET token = 0 WHERE name = 'trial'"), /token/),
  plant("leases", "a lease without an owner", sql("UPDATE leases SET owner = '' WHERE name = 'trial'"), /no owner/),
  plant(
    "leases",
    "a lease that nobody can wait for",
    sql("UPDATE leases SET expires_at = 9000000000000000 WHERE name = 'trial'"),
    /more than a day/,
  ),
  plant(
    "orders read model (law 3)",
    "a list that is none of its",
    sql("INSERT INTO row_index SELECT collection, 'other', entry, key, row FROM row_index WHERE name = 'end' AND key = '581475'"),
    /not the row's/,
  ),
  plant(
    "subject keys",
    "the mark of another master key",
    { keys: (db) => db.exec("UPDATE keys SET value = '00' || substr(value, 3) WHERE key = 'master-key'") },
    /another master key/,
  ),
  plant(
    "subject keys",
    "a subject's key under another name",
    { keys: (db) => db.exec("UPDATE keys SET key = 'subject/cus_other' WHERE key = 'subject/cus_zoe'") },
    /does not open/,
  ),
  plant("order-search (law 3)", "an entry too many", extraEntry("token", "cus_zoe"), /not the row's/),
  {
    ...plant(
      "engine",
      "an index entry of no row",
      sql("UPDATE row_index SET row = 9999 WHERE name = 'end' AND key = '581475'"),
      /belongs to its row/,
    ),
    onlyOn: "sqlite",
  },
];

/** At least one for every check. */
export const PLANTS: readonly Plant[] = [
  ...IN_THE_LOG,
  ...IN_READ_MODELS,
  ...IN_THE_REST,
  ...PLANTED_CUSTOMERS,
  ...PLANTED_GOODS,
  ...PLANTED_QUESTIONS,
  ...PLANTED_AGREEMENT,
  ...PLANTED_RETURNS,
  ...PLANTED_ARCHIVE,
];

function swapped(one: number, other: number): TrialChange {
  const move = (from: number, to: number) => `UPDATE facts SET position = ${to} WHERE position = ${from};`;
  return sql(`${move(one, 1_000)} ${move(other, one)} ${move(1_000, other)}`);
}

function exchangedHash(): TrialChange {
  const exchange = (value: string) => value.replace(/"hash":"[0-9a-f]{4}/, '"hash":"0000');
  return {
    store: (db) => {
      for (const { id, value } of db.prepare("SELECT id, value FROM rows WHERE collection = 'seals'").all()) {
        db.prepare("UPDATE rows SET value = ? WHERE id = ?").run(exchange(String(value)), id ?? null);
      }
    },
  };
}

function extraSeal(): TrialChange {
  const hash = "0".repeat(64);
  const value = `{"count":1,"from":19,"hash":"${hash}","previous":"${hash}","to":19}`;
  return { store: (db) => insertRow(db, "seals", "0000000000000019", value) };
}

function extraEntry(name: string, key: string): TrialChange {
  return sql(
    `INSERT INTO row_index SELECT collection, name, '!' || entry, key, row FROM row_index WHERE name = '${name}' AND key = '${key}'`,
  );
}
