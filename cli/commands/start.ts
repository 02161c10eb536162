import { resolve } from "node:path";
import { host } from "@daybook/foundation/host";
import { runInProcess } from "@daybook/foundation/host/process-life";
import { jsonLog } from "@daybook/foundation/log";
import type { Command, Invocation } from "../shell/command.ts";
import { FLAGS } from "../shell/flags.ts";
import { bold } from "../shell/terminal.ts";
import { shopApp } from "../shop-app.ts";

export const startCommand: Command = {
  noun: "start",
  summary: "Run the shop: one process, one address, one data folder",
  details:
    "Prints the address, a token that may do everything, and three commands to paste. SIGTERM and SIGINT let requests\n" +
    "under way finish, then stop. Restarting continues what was interrupted.",
  flags: [
    FLAGS.port,
    FLAGS.host,
    FLAGS.data,
    FLAGS.store,
    FLAGS.cold,
    FLAGS.archiveAfter,
    FLAGS.partners,
    FLAGS.json,
    FLAGS.quiet,
    FLAGS.logLevel,
  ],
  examples: ["daybook start --port 8080 --data ./data", "daybook start --store postgres://user@127.0.0.1/shop --json"],
  run: start,
};

async function start(invocation: Invocation): Promise<void> {
  const { settings, flags, terminal, clock, process } = invocation;
  const { port, host: address, store, logLevel } = settings;
  const log = jsonLog({ clock, level: logLevel });
  const shop = await shopApp(invocation, log, { port, host: address });
  await runInProcess(host({ parts: shop.parts, log, clock }), process, log);
  const { started } = shop;
  if (!started) return; // stopped while it started
  if (store === "memory" && (flags.isSet("json") || flags.isSet("quiet"))) terminal.err(`${MEMORY_MODE}\n`);
  if (flags.isSet("json")) terminal.out(`${JSON.stringify({ ready: true, ...started })}\n`);
  else if (flags.isSet("quiet")) terminal.out(`${started.url}\n`);
  else terminal.out(banner(started, settings, (text) => bold(terminal, text)));
}

const MEMORY_MODE = "MEMORY MODE: nothing is kept when this process ends";

interface Started {
  readonly url: string;
  readonly token: string;
}

function banner({ url, token }: Started, settings: Invocation["settings"], strong: (text: string) => string): string {
  const { store, data } = settings;
  const kept = store === "memory" ? MEMORY_MODE : keptWhere(store, resolve(data));
  const [place, read, life] = pasteable(url, token);
  return `
${strong("Daybook")} is ready.

  address  ${strong(url)}
  token    ${token}
  data     ${kept}

Paste these into another terminal: place an order, read it, see all that happened to it and why.

${place}

${read}

${life}

Stop with Ctrl-C; what was answered is kept${store === "memory" ? " only as long as this process runs (memory mode)" : ""}.
`;
}

function keptWhere(store: string, folder: string): string {
  return store === "sqlite" ? folder : `PostgreSQL at ${hostsOf(store)}; keys in ${folder}`;
}

/** Of a PostgreSQL address, which may name several. */
function hostsOf(store: string): string {
  return /^[^:]+:\/\/(?:[^/?]*@)?([^/?]*)/.exec(store)?.[1] ?? "";
}

/** Commands for a POSIX shell: the order's id goes from the first to the others in a variable. */
function pasteable(url: string, token: string): readonly [string, string, string] {
  const head = `-H 'Authorization: Bearer ${token}'`;
  const json = `-H 'Content-Type: application/json'`;
  const order = `'{"items":[{"productId":"mug-blue","quantity":2}],"payment":{"kind":"card","token":"tok_ok"}}'`;
  return [
    `ORDER=$(curl -sS ${url}/api/v1/orders ${head} ${json} -d ${order} | grep -o 'ord_[0-9a-z]*' | head -n 1); echo "$ORDER"`,
    `curl -sS ${url}/api/v1/orders/$ORDER ${head}; echo`,
    `npm run --silent daybook -- order life $ORDER --url ${url} --token ${token}`,
  ];
}
