import { createHmac, hkdfSync } from "node:crypto";
import { parsedJson } from "../canonical-text.ts";
import type { Findings } from "../findings.ts";
import { keysOf } from "../listed-entries.ts";
import { openBlock, readSealedBlock } from "../sealed-block.ts";
import type { Verifying } from "../verifying.ts";
import { namesOf, type CustomerNames, type FoldedCustomer } from "./customer-fold.ts";

const NAME = /^name\/(user|email)\/[0-9a-f]{64}$/;
const DIGEST = /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[\w+/]{22}\$[\w+/]{43}$/;
const LOG_IN = "log-in/";

/**
 * Each customer that was not deleted has one user name and one e-mail address reserved, and a log-in; nobody else has.
 * Where the profile opens, the keys are those of its names. What changed meanwhile is passed over.
 */
export async function checkCustomerNames(
  verifying: Verifying,
  customers: ReadonlyMap<string, FoldedCustomer>,
  findings: Findings,
): Promise<void> {
  const { store } = verifying;
  const missing = new Map<string, Set<string>>();
  for (const [customerId, { status }] of customers) {
    if (status !== "deleted") missing.set(customerId, new Set(["user", "email", LOG_IN]));
  }

  async function found(key: string, customerId: string, kind: string, isInForm: boolean): Promise<void> {
    findings.checked++;
    const wanted = missing.get(customerId);
    const isFirst = wanted?.delete(kind) ?? false;
    const fault = await faultOf(key, customerId, kind, isInForm, isFirst);
    if (fault !== undefined && !(await isChangedSince(verifying, customerId))) findings.violated(fault, { key });
  }

  async function faultOf(key: string, customerId: string, kind: string, isInForm: boolean, isFirst: boolean) {
    if (!isInForm) return "not in the form of a customer's key";
    const customer = customers.get(customerId);
    if (!customer || customer.status === "deleted") return "nobody who is there has it";
    if (!isFirst) return "the customer has another one already";
    const names = kind === LOG_IN ? undefined : await openedNames(verifying, customer);
    const name = kind === "user" ? names?.userName : names?.email;
    if (name === undefined || !verifying.tokenSecret) return undefined;
    return key === nameKey(verifying.tokenSecret, kind, name) ? undefined : "it is not the name of its customer";
  }

  for await (const { key, value } of keysOf(store, "name/")) await found(key, value, NAME.exec(key)?.[1] ?? "", NAME.test(key));
  for await (const { key, value } of keysOf(store, LOG_IN)) {
    await found(key, key.slice(LOG_IN.length), LOG_IN, DIGEST.test(value));
  }
  for (const [customerId, kinds] of missing) {
    if (kinds.size === 0 || (await isChangedSince(verifying, customerId))) continue;
    findings.violated(`a customer without ${[...kinds].join(", ")}`, { stream: `customer-${customerId}` });
  }
}

/** The names in a customer's profile; undefined when it does not open. */
export async function openedNames(
  { subjects }: Verifying,
  { customerId, profile = "" }: FoldedCustomer,
): Promise<CustomerNames | undefined> {
  const state = await subjects?.(customerId);
  const block = readSealedBlock(profile);
  const text = state?.kind === "kept" && state.key && block ? openBlock(state.key, block) : undefined;
  return text === undefined ? undefined : namesOf(parsedJson(text));
}

/** docs/format.md, section "Customers". */
function nameKey(tokenSecret: Uint8Array, kind: string, name: string): string {
  const secret = new Uint8Array(hkdfSync("sha256", tokenSecret, new Uint8Array(0), "daybook/customer-names/1", 32));
  const plain = name.trim().normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
  return `name/${kind}/${createHmac("sha256", secret).update(`${kind}\n${plain}`, "utf8").digest("hex")}`;
}

/** Also a customer who registered after the head was read. */
async function isChangedSince({ store, head }: Verifying, customerId: string): Promise<boolean> {
  const row = await store.getRow("customers", customerId);
  return row !== undefined && row.position > head.position;
}
