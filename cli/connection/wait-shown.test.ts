import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@daybook/kernel/clock";
import { readSettings } from "../settings.ts";
import type { Invocation } from "../shell/command.ts";
import type { Client } from "./client.ts";
import { ServerProblem } from "./server-problem.ts";
import { waitShown } from "./wait-shown.ts";

function trial(): { readonly invocation: Invocation; readonly told: string[] } {
  const told: string[] = [];
  const terminal = { out: () => {}, err: (text: string) => void told.push(text), columns: 80 };
  const invocation: Invocation = {
    flags: { isSet: () => false, text: () => undefined, texts: () => [], number: () => undefined },
    operands: {},
    settings: readSettings({}, {}),
    clock: systemClock,
    process: { on: () => undefined, exit: () => undefined },
    interruption: () => new AbortController().signal,
    terminal: { ...terminal, isOutPerson: false, isErrPerson: false, hasColours: false, ask: undefined },
  };
  return { invocation, told };
}

/** A server whose read models are behind for as many calls as there are problems. */
function server(...problems: readonly ServerProblem[]): { readonly client: Client; readonly asked: unknown[] } {
  const rest = [...problems];
  const asked: unknown[] = [];
  const client: Client = {
    isAlone: false,
    async call(request) {
      asked.push(request.headers?.["daybook-at-least"]);
      const problem = rest.shift();
      if (problem) throw problem;
      return { status: 200, body: {}, position: undefined };
    },
    close: async () => {},
  };
  return { client, asked };
}

function problem(code: string, lag?: number): ServerProblem {
  return new ServerProblem(503, { code, detail: "behind", retryable: true, ...(lag !== undefined && { details: { lag } }) });
}

test("waiting asks until the read models show the position, and says how far they are behind", async () => {
  const { invocation, told } = trial();
  const { client, asked } = server(problem("position-not-reached", 12), problem("position-not-reached", 3));
  await waitShown(invocation, client, "p1-5", new AbortController().signal);
  assert.deepEqual(asked, ["p1-5", "p1-5", "p1-5"]);
  assert.deepEqual(told, ["read models are 12 events behind\n", "read models are 3 events behind\n"]);
});

test("waiting ends with another problem, and with an interruption", async () => {
  const { invocation } = trial();
  const other = problem("store-stopped");
  await assert.rejects(waitShown(invocation, server(other).client, "p1-5", new AbortController().signal), other);
  await assert.rejects(waitShown(invocation, server().client, "p1-5", AbortSignal.abort()), { code: "interrupted" });
});
