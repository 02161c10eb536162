import { hash } from "node:crypto";
import type { Row, Store } from "@daybook/data/store";
import { canonicalText, isRecord, memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { entriesOf, rowsOf } from "../listed-entries.ts";
import type { Check, Fact } from "../log/fact.ts";
import { openBlock, readSealedBlock } from "../sealed-block.ts";
import { tokensOf } from "../search-tokens.ts";
import { checkpointOf, type Verifying } from "../verifying.ts";
import { orderKeys } from "./order-fold.ts";

/** Where a data subject's contacts are, by position, up to the checkpoint. */
interface Contacts {
  readonly positions: number[];
  readonly guestOrder: string | undefined;
}

const TOKENS_MAX = 500;

/**
 * The read model "order-search", its live generation, is the fold of the orders placed up to its checkpoint, without
 * those of customers who were deleted after them. Tokens are
 * recomputed where the keys open; without keys each row must be of a subject that gave a contact. Its lag is no violation.
 */
export function orderSearchCheck(verifying: Verifying): Check {
  const findings = new Findings("order-search (law 3)");
  const { head, marks } = verifying;
  const contacts = new Map<string, Contacts>();
  return {
    findings: [findings],
    fact(fact) {
      if (fact.stored.position <= marks.search.checkpoint) collect(contacts, fact);
    },
    async end() {
      findings.measure("lag", Math.max(0, head.position - marks.search.checkpoint));
      await new SearchRows(verifying, contacts, findings).compare();
    },
  };
}

function collect(contacts: Map<string, Contacts>, { stored, data }: Fact): void {
  if (stored.stream.startsWith("customer-") && stored.type === "CustomerDeleted") {
    contacts.delete(stored.stream.slice("customer-".length));
  }
  if (!stored.stream.startsWith("order-") || stored.type !== "OrderPlaced" || !isRecord(data)) return;
  const { customerId, contact } = orderKeys(data);
  if (contact === undefined) return;
  const orderId = String(data["orderId"]);
  const subject = customerId ?? orderId;
  const known = contacts.get(subject);
  if (known) known.positions.push(stored.position);
  else contacts.set(subject, { positions: [stored.position], guestOrder: customerId === undefined ? orderId : undefined });
}

class SearchRows {
  /** Entries that the list must have and has not shown yet, by row. */
  private readonly entries = new Map<string, EntrySum>();
  /** The projection went on since the marks were read: rows that changed since are passed over. */
  private isMoving = false;
  private readonly collection: string;
  private readonly verifying: Verifying;
  private readonly contacts: ReadonlyMap<string, Contacts>;
  private readonly findings: Findings;

  constructor(verifying: Verifying, contacts: ReadonlyMap<string, Contacts>, findings: Findings) {
    this.verifying = verifying;
    this.contacts = contacts;
    this.findings = findings;
    this.collection = verifying.marks.search.collection;
  }

  async compare(): Promise<void> {
    const { store, meter } = this.verifying;
    const missing = new Set(this.contacts.keys());
    meter.begin(this.collection, missing.size);
    for await (const row of rowsOf(store, this.collection)) {
      meter.step();
      this.findings.checked++;
      missing.delete(row.key);
      await this.row(row);
    }
    await this.absent(missing);
    await this.list();
  }

  private async row(row: Row): Promise<void> {
    const tokens = memberOf(parsedJson(row.value), "tokens");
    this.entries.set(row.key, sumOf(Array.isArray(tokens) ? tokens.map(String) : []));
    const fault = await this.fault(row);
    if (fault !== undefined && !(await this.isChangedSince(row))) this.findings.violated(fault, { key: this.keyOf(row.key) });
  }

  private async fault({ key, value }: Row): Promise<string | undefined> {
    const found = this.contacts.get(key);
    if (!found) return "the row is of nobody who gave a contact";
    const tokens = await this.tokens(key, found);
    if (tokens === "erased") return "tokens of a subject that was erased are left";
    if (tokens === undefined) return isSearchRow(value, found) ? undefined : "the row is not in the form of tokens";
    return value === rowText(tokens, found) ? undefined : "the row is not the fold of the subject's orders";
  }

  private async absent(missing: ReadonlySet<string>): Promise<void> {
    let unproven = 0;
    for (const subject of missing) {
      const found = this.contacts.get(subject);
      const tokens = found && (await this.tokens(subject, found));
      if (tokens === undefined) unproven++;
      else if (tokens !== "erased" && tokens.length > 0)
        this.findings.violated("the subject has no row", { key: this.keyOf(subject) });
    }
    if (unproven > 0) this.findings.measure("withoutRow", unproven);
  }

  /** Tokens of a subject by its orders, oldest first; undefined when they cannot be known. */
  private async tokens(subject: string, { positions }: Contacts): Promise<readonly string[] | "erased" | undefined> {
    const { store, subjects, tokenSecret } = this.verifying;
    const state = await subjects?.(subject);
    if (state?.kind === "erased") return "erased";
    if (state?.kind !== "kept" || !state.key || !tokenSecret) return undefined;
    let tokens: readonly string[] = [];
    for (const position of positions) {
      const texts = await searchedTexts(store, position, state.key);
      if (!texts) return undefined; // the check of personal data has told it
      const fresh = texts.flatMap((text) => tokensOf(tokenSecret, text));
      tokens = [...new Set([...fresh, ...tokens])].slice(0, TOKENS_MAX).sort();
    }
    return tokens;
  }

  /** The list "token" has an entry for each token of each row, and no other; there is no other list. */
  private async list(): Promise<void> {
    const { store, meter } = this.verifying;
    meter.begin(
      `${this.collection}: token`,
      [...this.entries.values()].reduce((all, { count }) => all + count, 0),
    );
    for await (const { index, entry, key } of entriesOf(store, this.collection)) {
      meter.step();
      this.findings.checked++;
      this.entries.set(key, minus(this.entries.get(key), `${index}/${entry}`));
    }
    for (const [key, rest] of this.entries) {
      if ((rest.count === 0 && rest.sum === 0) || (await this.isKeyChangedSince(key))) continue;
      const what = rest.count > 0 ? 'the list "token" lacks tokens of the row' : 'an entry of the list "token" is not the row\'s';
      this.findings.violated(what, { key: this.keyOf(key) });
    }
  }

  private async isKeyChangedSince(key: string): Promise<boolean> {
    const row = await this.verifying.store.getRow(this.collection, key);
    return row !== undefined && (await this.isChangedSince(row));
  }

  private async isChangedSince(row: Row): Promise<boolean> {
    const { store, head, marks } = this.verifying;
    this.isMoving ||= (await checkpointOf(store, this.collection)) !== marks.search.checkpoint;
    return this.isMoving && row.position >= head.position;
  }

  private keyOf(subject: string): string {
    return `${this.collection}/${subject}`;
  }
}

/** How many entries, and a sum of their digests: two sets of as many entries and another sum differ. */
interface EntrySum {
  readonly count: number;
  readonly sum: number;
}

const DIGEST_RANGE = 2 ** 48;

function sumOf(tokens: readonly string[]): EntrySum {
  const sum = tokens.reduce((all, token) => (all + shortDigest(`token/${token}`)) % DIGEST_RANGE, 0);
  return { count: tokens.length, sum };
}

function minus({ count, sum }: EntrySum = { count: 0, sum: 0 }, entry: string): EntrySum {
  return { count: count - 1, sum: (sum + DIGEST_RANGE - shortDigest(entry)) % DIGEST_RANGE };
}

function shortDigest(text: string): number {
  return Number.parseInt(hash("sha256", text, "hex").slice(0, 12), 16);
}

/** Whole name and e-mail address of the contact at a position; undefined when its block does not open. */
async function searchedTexts(store: Store, position: number, key: Uint8Array): Promise<readonly string[] | undefined> {
  const [stored] = (await store.readLog({ after: position - 1, limit: 1 })).events;
  const data = parsedJson(stored?.data ?? "");
  const block = readSealedBlock((isRecord(data) && orderKeys(data).contact) || "");
  const text = block && openBlock(key, block);
  if (text === undefined) return undefined;
  const contact = parsedJson(text);
  const names = [memberOf(contact, "firstName"), memberOf(contact, "lastName")].filter((name) => typeof name === "string");
  const email = memberOf(contact, "email");
  return [...(names.length > 0 ? [names.join(" ")] : []), ...(typeof email === "string" ? [email] : [])];
}

function rowText(tokens: readonly string[], { guestOrder }: Contacts): string {
  return canonicalText(guestOrder === undefined ? { tokens } : { tokens, guestOrder });
}

/** What can be said of a row without keys: distinct tokens in order, and whether it is of a guest's order. */
function isSearchRow(text: string, contacts: Contacts): boolean {
  const tokens = memberOf(parsedJson(text), "tokens");
  if (!Array.isArray(tokens) || tokens.length === 0) return false;
  const texts = tokens.map(String);
  const isInForm = texts.every((token, index) => /^[0-9a-f]{16}$/.test(token) && token > (texts[index - 1] ?? ""));
  return isInForm && text === rowText(texts, contacts);
}
