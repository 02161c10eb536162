import type { KeyRecord, Store } from "@daybook/data/store";
import { memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { keysOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";

/**
 * Kept answers to idempotent requests are in their form, and an order, customer or return that one speaks of has come to the
 * version that it says. Checkpoints are positions of the log.
 */
export function keysCheck(store: Store): Check {
  const findings = new Findings("idempotency keys");
  return {
    findings: [findings],
    async end() {
      for await (const record of keysOf(store, "answer/")) {
        findings.checked++;
        const fault = await answerFault(store, record);
        if (fault !== undefined) findings.violated(fault, { key: record.key });
      }
      for await (const record of keysOf(store, "checkpoint/")) {
        findings.checked++;
        if (!(await isCheckpoint(store, record))) findings.violated("not a position of the log", { key: record.key });
      }
    },
  };
}

/** By the beginning of an id. */
const CATEGORIES: Readonly<Record<string, string>> = { ord_: "order", cus_: "customer", ret_: "return" };

async function isCheckpoint(store: Store, { value }: KeyRecord): Promise<boolean> {
  if (value === "retired") return true;
  return /^(0|[1-9]\d*)$/.test(value) && Number(value) <= (await store.head()).position;
}

async function answerFault(store: Store, { key, value }: KeyRecord): Promise<string | undefined> {
  const [, text] = /^[0-9a-f]{64}\n(.*)$/s.exec(value) ?? [];
  const answer = text === undefined ? undefined : parsedJson(text);
  if (!/^answer\/[0-9a-f]{64}$/.test(key) || answer === undefined) return "not in the form of a kept answer";
  return (await isTrue(store, answer)) ? undefined : "what the answer speaks of is not in the log";
}

/** An answer of HTTP that says the id and version of an order, a customer or a return. */
async function isTrue(store: Store, answer: unknown): Promise<boolean> {
  const [status, body] = [memberOf(answer, "status"), memberOf(answer, "body")];
  if (status !== 200 && status !== 201) return true;
  const said = parsedJson(typeof body === "string" ? body : "");
  const [id, version] = [memberOf(said, "id"), memberOf(said, "version")];
  const category = typeof id === "string" ? CATEGORIES[id.slice(0, 4)] : undefined;
  if (category === undefined || typeof version !== "number") return true;
  const stream = category === "return" ? memberOf(said, "orderId") : id; // the returns of an order are in one stream
  return (await store.streamVersion(`${category}-${String(stream)}`)) >= version;
}
