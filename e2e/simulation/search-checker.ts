import { createHmac, hkdfSync } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Operation } from "./operation.ts";
import { MASTER_KEY } from "./shop-process.ts";

interface SearchRow {
  readonly tokens: readonly string[];
  readonly guestOrder?: string;
}

/** The search's rows are the fold of the log up to its checkpoint, and that is its head: nothing skipped, nothing twice. */
export function checkSearchRows(operations: readonly Operation[], { log, rows, keys }: RawState, findings: Findings): void {
  const checkpoint = Number(keys.get("checkpoint/order-search.1") ?? 0);
  const expected = foldSearch(operations, log.slice(0, checkpoint));
  const found = rows.filter(({ collection }) => collection === "order-search.1");
  findings.expect("search rows", found.length === expected.size, () => `${found.length} rows for ${expected.size} subjects`);
  for (const { key, value } of found) {
    const row = expected.get(key);
    findings.expect(
      "search rows",
      isDeepStrictEqual(JSON.parse(value), row),
      () => `the row of ${key} is ${value}, not ${JSON.stringify(row)}`,
    );
  }
  const behind = log.slice(checkpoint).find(({ type }) => type === "OrderPlaced");
  findings.expect(
    "liveness",
    behind === undefined,
    () => `the search stands at ${checkpoint}, before position ${behind?.position}`,
  );
}

function foldSearch(operations: readonly Operation[], log: RawState["log"]): ReadonlyMap<string, SearchRow> {
  const secret = new Uint8Array(hkdfSync("sha256", MASTER_KEY, "", "daybook/search-tokens/1", 32));
  const asked = new Map(operations.map(({ id, request }) => [id, request]));
  const rows = new Map<string, SearchRow>();
  const known = new Map<string, string>();
  const tokenOf = (gram: string) =>
    known.getOrInsertComputed(gram, () => createHmac("sha256", secret).update(gram).digest("hex").slice(0, 16));
  for (const { stream, type, meta, data } of log) {
    if (type === "CustomerDeleted") rows.delete((JSON.parse(data) as { customerId: string }).customerId); // as it is documented
    const request = asked.get((JSON.parse(meta) as { causation: string }).causation); // every event has one
    if (type !== "OrderPlaced" || request?.kind !== "place" || !request.input.contact) continue;
    const { customerId, contact } = request.input;
    const orderId = stream.slice("order-".length);
    const subject = customerId ?? orderId;
    const texts = [`${contact.firstName} ${contact.lastName}`, contact.email ?? ""];
    const fresh = texts.flatMap((text) => gramsOf(text).map(tokenOf));
    const tokens = [...new Set([...fresh, ...(rows.get(subject)?.tokens ?? [])])].slice(0, 500).sort();
    rows.set(subject, customerId === undefined ? { tokens, guestOrder: orderId } : { tokens });
  }
  return rows;
}

/** Every run of three characters; the texts of simulated clients are plain ASCII. */
function gramsOf(text: string): readonly string[] {
  const plain = text.toLowerCase();
  return [...new Set(Array.from({ length: Math.max(0, plain.length - 2) }, (_, at) => plain.slice(at, at + 3)))];
}
