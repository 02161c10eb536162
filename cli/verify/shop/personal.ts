import type { Store } from "@daybook/data/store";
import { isRecord, parsedJson } from "../canonical-text.ts";
import { Findings, type Violation } from "../findings.ts";
import { keysOf, rowsOf } from "../listed-entries.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import { openBlock, readSealedBlock } from "../sealed-block.ts";
import type { Verifying } from "../verifying.ts";

/** Members that hold personal data in the clear when they stand outside of a sealed block. */
const PERSONAL_MEMBERS: ReadonlySet<string> = new Set([
  "firstName",
  "lastName",
  "userName",
  "email",
  "address",
  "addresses",
  "street",
  "postalCode",
  "phone",
]);
/** Members whose value is a sealed block. */
const SEALED_MEMBERS: ReadonlySet<string> = new Set(["contact", "profile"]);
const COLLECTIONS = ["orders", "products", "customers", "snapshots.order", "snapshots.product", "snapshots.customer"];

/**
 * A contact or a profile is a sealed block wherever it stands: in facts, rows and kept answers. A block in a fact was sealed for that
 * fact, its subject has a key or was erased, and where the key can be had the block opens.
 */
export function personalCheck(verifying: Verifying): Check {
  const findings = new Findings("personal");
  const { store, marks } = verifying;
  let blocks = 0;
  return {
    findings: [findings],
    async fact(fact) {
      findings.checked++;
      for (const part of personalParts(fact.data)) {
        const block = tellPlain(part, findings, placeOf(fact));
        if (!block) continue;
        blocks++;
        const fault = await blockFault(verifying, block, fact);
        if (fault !== undefined) findings.violated(fault, placeOf(fact));
      }
    },
    async end() {
      findings.measure("blocks", blocks);
      for (const collection of [...COLLECTIONS, marks.search.collection, marks.customerSearch.collection])
        await checkRows(store, collection, findings);
      await checkAnswers(store, findings);
    },
  };
}

async function blockFault({ subjects }: Verifying, text: string, fact: Fact): Promise<string | undefined> {
  const block = readSealedBlock(text);
  if (!block) return "personal data is not sealed";
  if (block.record !== fact.stored.id) return "a block was sealed for another record";
  if (!subjects) return undefined;
  const state = await subjects(block.subject);
  if (state.kind === "unknown") return "a block's subject has no key and was not erased";
  if (state.kind === "broken") return "the key of a block's subject does not open under the master key";
  if (state.kind !== "kept" || !state.key) return undefined;
  return openBlock(state.key, block) === undefined ? "a block does not open under its subject's key" : undefined;
}

async function checkRows(store: Store, collection: string, findings: Findings): Promise<void> {
  for await (const row of rowsOf(store, collection)) {
    findings.checked++;
    for (const part of personalParts(parsedJson(row.value))) tellPlain(part, findings, { key: `${collection}/${row.key}` });
  }
}

async function checkAnswers(store: Store, findings: Findings): Promise<void> {
  for await (const { key, value } of keysOf(store, "answer/")) {
    findings.checked++;
    const answer = parsedJson(value.slice(value.indexOf("\n") + 1));
    for (const part of personalParts(answer)) tellPlain(part, findings, { key });
  }
}

interface PersonalPart {
  readonly member: string;
  readonly value: unknown;
}

/** Tells of personal data in the clear; answers the text of what seems to be a sealed block. */
function tellPlain({ member, value }: PersonalPart, findings: Findings, where: Omit<Violation, "what">): string | undefined {
  if (SEALED_MEMBERS.has(member) && typeof value === "string" && readSealedBlock(value)) return value;
  findings.violated(`"${member}" is in the clear`, where);
  return undefined;
}

/** Contacts and profiles, and members that belong into one, however deep; JSON text in a member "body" is looked into. */
function* personalParts(value: unknown): Generator<PersonalPart> {
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (Array.isArray(next)) for (const item of next) rest.push(item);
    if (!isRecord(next)) continue;
    for (const [member, inner] of Object.entries(next)) {
      if (SEALED_MEMBERS.has(member) || PERSONAL_MEMBERS.has(member)) yield { member, value: inner };
      else rest.push(member === "body" && typeof inner === "string" ? parsedJson(inner) : inner);
    }
  }
}
