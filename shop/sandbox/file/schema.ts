/** Tables of the sandbox's file. Times are epoch milliseconds, money is minor units, `n` is the order of creation. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  partner TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  subject INTEGER NOT NULL, PRIMARY KEY (partner, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS undone (
  partner TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (partner, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS charges (
  n INTEGER PRIMARY KEY, key TEXT NOT NULL, reference TEXT NOT NULL, token TEXT NOT NULL, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, status TEXT NOT NULL, decline_code TEXT, available INTEGER, refunded INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS charges_changed ON charges (changed_at);
CREATE INDEX IF NOT EXISTS charges_key ON charges (key);
CREATE TABLE IF NOT EXISTS refunds (n INTEGER PRIMARY KEY, charge INTEGER NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS parcels (
  n INTEGER PRIMARY KEY, key TEXT NOT NULL, reference TEXT NOT NULL, service TEXT NOT NULL, content TEXT NOT NULL,
  status TEXT NOT NULL, estimated_delivery TEXT NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS parcels_changed ON parcels (changed_at);
CREATE INDEX IF NOT EXISTS parcels_key ON parcels (key);
CREATE TABLE IF NOT EXISTS mails (
  n INTEGER PRIMARY KEY, message_id TEXT, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
  size INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS work (n INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS work_due ON work (due_at);
CREATE TABLE IF NOT EXISTS hooks (
  n INTEGER PRIMARY KEY, partner TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
  state TEXT NOT NULL, deliveries_left INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS hooks_due ON hooks (partner, due_at) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, partner TEXT NOT NULL, operation TEXT NOT NULL, key TEXT, digest TEXT,
  outcome TEXT NOT NULL, effect INTEGER NOT NULL, lost INTEGER NOT NULL, status INTEGER, subject TEXT, reference TEXT,
  amount INTEGER, currency TEXT
);
`;
