import type { Flag } from "./command.ts";

/** Flags that several commands take, each defined once. */
export const FLAGS = {
  port: { name: "port", value: "N", summary: "Port to listen on; 0 takes a free one (8080)", range: [0, 65_535] },
  host: { name: "host", value: "ADDRESS", summary: "Address to listen on (127.0.0.1)" },
  data: { name: "data", value: "DIR", summary: "Data folder (./data)" },
  store: {
    name: "store",
    value: "STORE",
    summary: "sqlite, memory, or postgres://… (sqlite)",
    values: ["sqlite", "memory", "postgres://"],
  },
  cold: {
    name: "cold",
    value: "DIR",
    summary: "Folder of the archive's files, which every process of a store must reach (cold in the data folder)",
  },
  archiveAfter: {
    name: "archive-after",
    value: "DAYS",
    summary: "Facts that are older are moved to files, once a day; never: only when it is asked for (90)",
  },
  partners: {
    name: "partners",
    value: "WHO",
    summary: "Card provider, carrier and mail server: sandbox, none, or a JSON file that names them (sandbox)",
    values: ["sandbox", "none"],
  },
  logLevel: {
    name: "log-level",
    value: "LEVEL",
    summary: "error, warn, info, debug or silent, as JSON lines on stderr (warn)",
    values: ["error", "warn", "info", "debug", "silent"],
  },
  url: { name: "url", value: "URL", summary: "The running server; unless given, the one that owns the data folder" },
  tokenFile: { name: "token-file", value: "FILE", summary: "File that holds the token for --url (or DAYBOOK__TOKEN)" },
  token: { name: "token", value: "TOKEN", summary: "The token itself; others on this machine can see it" },
  json: { name: "json", summary: "One JSON document on stdout" },
  jsonl: { name: "jsonl", summary: "One JSON document a line on stdout" },
  fields: { name: "fields", value: "A,B", summary: "Only these fields; dots go deeper (total.amount)" },
  quiet: { name: "quiet", summary: "Nothing on stderr but errors" },
  quietWhenWell: { name: "quiet", summary: "Print only what is wrong" },
  noInput: { name: "no-input", summary: "Never ask" },
  yes: { name: "yes", summary: "Do it without being asked" },
  wait: { name: "wait", summary: "Return when the read models show it" },
  dryRun: { name: "dry-run", summary: "Say what would be done, and do nothing" },
  idempotencyKey: { name: "idempotency-key", value: "KEY", summary: "The same key and content are carried out once" },
  ifVersion: {
    name: "if-version",
    value: "N",
    summary: "Only when it is at this version",
    range: [1, 1_000_000_000],
  },
} as const satisfies Record<string, Flag>;

/** Flags that say where the shop is. */
export const CONNECTION: readonly Flag[] = [FLAGS.url, FLAGS.token, FLAGS.tokenFile, FLAGS.data, FLAGS.store, FLAGS.cold];

/** Flags that say how data is printed. */
export const OUTPUT: readonly Flag[] = [FLAGS.json, FLAGS.fields, FLAGS.quiet];
