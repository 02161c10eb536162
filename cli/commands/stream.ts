import { sleep } from "@daybook/kernel/clock";
import { path, type Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printList, printRecord, type Column, type Fields } from "../shell/output.ts";

const COLUMNS: readonly Column[] = [
  ["POSITION", "position"],
  ["STREAM", "stream"],
  ["VERSION", "version"],
  ["TYPE", "type"],
  ["RECORDED", "time"],
  ["EVENT", "id"],
];

export const streamReadCommand: Command = {
  noun: "stream",
  verb: "read",
  summary: "Events of a stream, oldest first",
  operands: [{ name: "STREAM", summary: "a stream's name, such as order-ord_…" }],
  flags: [
    { name: "from", value: "VERSION", summary: "First version to read (1)", range: [1, 1_000_000_000] },
    { name: "limit", value: "N", summary: "At most so many (100)", range: [1, 1_000] },
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { flags, operands } = invocation;
      const query = { from: flags.number("from"), limit: flags.number("limit") };
      const { body } = await client.call({ path: path`/api/v1/streams/${operands["STREAM"] ?? ""}`, query });
      printList(invocation, readList(body, "events").records.map(withTime), COLUMNS, readDocument(body));
    }),
};

export const streamTailCommand: Command = {
  noun: "stream",
  verb: "tail",
  summary: "Events as they are recorded, one a line, until Ctrl-C",
  details: "The position to go on from is printed on stderr at the end.",
  flags: [
    { name: "category", value: "NAME", summary: "Only streams of this category: order, product" },
    { name: "after", value: "POSITION", summary: "Start after this position; `start` for the whole log (from now on)" },
    { name: "limit", value: "N", summary: "Stop after so many events", range: [1, 1_000_000_000] },
    { name: "no-follow", summary: "Stop at the end of the log" },
    ...CONNECTION,
    FLAGS.json,
    FLAGS.jsonl,
    FLAGS.fields,
    FLAGS.quiet,
  ],
  examples: ["daybook stream tail --jsonl", "daybook stream tail --after start --no-follow --category order"],
  run: (invocation) => connected(invocation, "read", (client) => tail(invocation, client)),
};

const POLL_MS = 500;
const PAGE = 500;

async function tail(invocation: Invocation, client: Client): Promise<void> {
  const { flags, clock, terminal } = invocation;
  const signal = invocation.interruption();
  const given = flags.text("after") ?? (flags.isSet("no-follow") ? "start" : "latest");
  let after = given === "start" ? undefined : given;
  let left = flags.number("limit") ?? Infinity;
  while (left > 0 && !signal.aborted) {
    const page = await nextPage(client, { after, category: flags.text("category"), limit: Math.min(PAGE, left) });
    for (const event of page.events) printRecord(invocation, withTime(event), COLUMNS);
    left -= page.events.length;
    const isAtEnd = page.next === after;
    after = page.next;
    if (isAtEnd && flags.isSet("no-follow")) break;
    if (isAtEnd) await sleep(clock, POLL_MS, signal);
  }
  if (!flags.isSet("quiet")) terminal.err(`to go on: --after ${after ?? "start"}\n`);
}

async function nextPage(
  client: Client,
  query: Readonly<Record<string, string | number | undefined>>,
): Promise<{ readonly events: readonly Fields[]; readonly next: string | undefined }> {
  const { body } = await client.call({ path: "/api/v1/log", query });
  const { records, next } = readList(body, "events");
  return { events: records, next };
}

function withTime(event: Fields): Fields {
  return { ...event, time: Temporal.Instant.fromEpochMilliseconds(Number(event["recordedAt"])).toString() };
}
