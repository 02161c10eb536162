import { sleep } from "@daybook/kernel/clock";
import { path, type Client } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import { interrupted } from "../errors.ts";
import type { Command, Flag } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { needed, printChanged } from "./changed.ts";

const QUESTION = { name: "QUESTION", summary: "a question's id, qst_…" };
const SOURCES = ["payments", "shipping", "fulfilment"];
const SOURCE = { name: "SOURCE", summary: "payments, shipping or fulfilment", values: SOURCES };
const IF_VERSION: Flag = { ...FLAGS.ifVersion, summary: "Only when the question is at this version" };
const CHANGING: readonly Flag[] = [IF_VERSION, FLAGS.idempotencyKey, ...CONNECTION, ...OUTPUT];
const PAGE_MAX = 200;
const POLL_MS = 200;

const COLUMNS: readonly Column[] = [
  ["QUESTION", "id"],
  ["STATUS", "status"],
  ["CAUSE", "cause"],
  ["SUBJECT", "subject"],
  ["ORDER", "orderId"],
  ["ASKED", "askedAt"],
  ["FOUND", "found"],
];

export const questionListCommand: Command = {
  noun: "question",
  verb: "ls",
  summary: "What waits for a person, longest first",
  flags: [
    { name: "source", value: "NAME", summary: "Only what this one asks", values: SOURCES },
    {
      name: "status",
      value: "STATUS",
      summary: "Those of this status: open, taken, resolved or settled",
      values: ["open", "taken", "resolved", "settled"],
    },
    { name: "order", value: "ORDER", summary: "All about this order" },
    { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] },
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  examples: ["daybook question ls", "daybook question ls --order ord_… --json"],
  async run(invocation) {
    const { flags } = invocation;
    const limit = flags.number("limit") ?? 50;
    const [source, status, order] = ["source", "status", "order"].map((name) => flags.text(name));
    const questions: Fields[] = [];
    await connected(invocation, "read", async (client) => {
      let cursor: string | undefined;
      do {
        const query = { source, status, order, limit: Math.min(PAGE_MAX, limit - questions.length), cursor };
        const { records, next } = readList((await client.call({ path: "/api/v1/questions", query })).body, "questions");
        questions.push(...records);
        cursor = next;
      } while (cursor !== undefined && questions.length < limit);
    });
    printList(invocation, questions, COLUMNS, { questions });
  },
};

export const questionGetCommand: Command = {
  noun: "question",
  verb: "get",
  summary: "A question, and all that happened to it",
  operands: [QUESTION],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/questions/${invocation.operands["QUESTION"] ?? ""}` });
      printDocument(invocation, readDocument(body));
    }),
};

export const questionTakeCommand = acting("take", "Say that one sees to a question, and how", {
  name: "note",
  value: "TEXT",
  summary: "What one is about to do: kept with it",
});
export const questionResolveCommand = acting("resolve", "Say that one has seen to a question", {
  name: "reason",
  value: "TEXT",
  summary: "Why it is right now: kept with it",
});

function acting(verb: "take" | "resolve", summary: string, words: Flag): Command {
  return {
    noun: "question",
    verb,
    summary,
    operands: [QUESTION],
    flags: [words, ...CHANGING],
    examples: [`daybook question ${verb} qst_… --${words.name} 'asked the provider'`],
    run(invocation) {
      const { flags, operands } = invocation;
      const body = { [words.name]: needed(flags, words.name, `question ${verb}`) };
      return printChanged(invocation, { path: path`/api/v1/questions/${operands["QUESTION"] ?? ""}/${verb}`, body });
    },
  };
}

export const questionCompareCommand: Command = {
  noun: "question",
  verb: "compare",
  summary: "Have a source compared with the other side now",
  details:
    "Payments are compared with the card provider's books, shipping with the carrier's, fulfilment with the runs that wait for " +
    "somebody. Without times: what was not compared yet, but for the last quarter of an hour. It is carried out by a running server.",
  operands: [SOURCE],
  flags: [
    { name: "from", value: "TIME", summary: "What changed since then (2026-11-21T00:00:00Z)" },
    { name: "to", value: "TIME", summary: "And has rested since before then" },
    { name: "wait", summary: "Return when it has ended, with what it came to" },
    ...CONNECTION,
    ...OUTPUT,
  ],
  examples: ["daybook question compare payments --wait"],
  run(invocation) {
    const { flags, operands } = invocation;
    const body = { source: operands["SOURCE"], from: flags.text("from"), to: flags.text("to") };
    return connected(invocation, "write", async (client) => {
      const signal = flags.isSet("wait") ? invocation.interruption() : undefined;
      const asked = readDocument((await client.call({ method: "POST", path: "/api/v1/comparisons", body })).body);
      let ended: Fields | undefined = signal ? undefined : asked;
      while (!ended) {
        await sleep(invocation.clock, POLL_MS, signal);
        if (signal?.aborted) throw interrupted("the comparison is asked for, and has not ended yet");
        ended = (await lastComparisons(client)).find(({ id }) => id === asked["id"]);
      }
      printDocument(invocation, ended);
    });
  },
};

const COMPARISON_COLUMNS: readonly Column[] = [
  ["SOURCE", "source"],
  ["FROM", "from"],
  ["TO", "to"],
  ["COMPARED", "compared"],
  ["DIFFERENCES", "differences"],
  ["SETTLED", "settled"],
  ["ENDED", "endedAt"],
  ["BY", "by"],
];

export const questionComparisonsCommand: Command = {
  noun: "question",
  verb: "comparisons",
  summary: "The last comparison of each source with the other side",
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const comparisons = await lastComparisons(client);
      printList(invocation, comparisons, COMPARISON_COLUMNS, { comparisons });
    }),
};

async function lastComparisons(client: Client): Promise<readonly Fields[]> {
  return readList((await client.call({ path: "/api/v1/comparisons" })).body, "comparisons").records;
}
