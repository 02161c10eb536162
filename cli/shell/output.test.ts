import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@daybook/kernel/clock";
import { readSettings } from "../settings.ts";
import type { Invocation } from "./command.ts";
import { printDocument, printList, type Column } from "./output.ts";

function printed(given: Readonly<Record<string, string>>, print: (invocation: Invocation) => void): string {
  let out = "";
  print({
    flags: { isSet: (name) => name in given, text: (name) => given[name], texts: () => [], number: () => undefined },
    operands: {},
    settings: readSettings({}, {}),
    clock: systemClock,
    process: { on: () => undefined, exit: () => undefined },
    interruption: () => new AbortController().signal,
    terminal: {
      out: (text) => void (out += text),
      err: () => {},
      isOutPerson: false,
      isErrPerson: false,
      columns: 80,
      hasColours: false,
      ask: undefined,
    },
  });
  return out;
}

const ORDERS = [
  { id: "ord_1", total: { amount: "17.00" } },
  { id: "ord_22", total: { amount: "5.00" } },
];
const COLUMNS: readonly Column[] = [
  ["ORDER", "id"],
  ["TOTAL", "total.amount"],
];

test("a list is a table whose columns stand below each other", () => {
  const text = printed({}, (invocation) => printList(invocation, ORDERS, COLUMNS, { orders: ORDERS }));
  assert.equal(text, "ORDER   TOTAL\nord_1   17.00\nord_22  5.00\n");
});

test("--json is one document, --jsonl one a record, --fields chooses", () => {
  const list = (invocation: Invocation) => printList(invocation, ORDERS, COLUMNS, { orders: ORDERS });
  assert.deepEqual(JSON.parse(printed({ json: "" }, list)), { orders: ORDERS });
  assert.deepEqual(printed({ jsonl: "", fields: "total.amount" }, list).split("\n")[1], '{"total.amount":"5.00"}');
  assert.equal(printed({ fields: "id" }, list), "id\nord_1\nord_22\n");
});

test("what stands in data cannot command a terminal", () => {
  const text = printed({}, (invocation) => printDocument(invocation, { name: "a\u001b[2Jb\nc", none: undefined }));
  assert.equal(text, "name  a?[2Jb?c\nnone\n");
});
