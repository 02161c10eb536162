import { hash } from "node:crypto";
import type { Head, Store, StoredEvent } from "@daybook/data/store";
import { parsedJson } from "../canonical-text.ts";
import type { Findings } from "../findings.ts";
import type { Meter } from "../progress.ts";

/** A fact as it was read, with what several checks need of it. */
export interface Fact {
  readonly stored: StoredEvent;
  /** The digest that is stored with it. */
  readonly storedDigest: string | undefined;
  /** SHA-256 of the fact's text, recomputed, in hex. */
  readonly digest: string;
  /** Parsed; undefined when the text is no JSON. */
  readonly data: unknown;
  readonly meta: unknown;
}

/** A check that sees every fact in the order of the log, and then looks at whatever else it needs. */
export interface Check {
  readonly findings: readonly Findings[];
  fact?(fact: Fact): void | Promise<void>;
  end?(): void | Promise<void>;
}

/** Where a fact stands, for a violation. */
export function placeOf({ stored }: Fact): { readonly position: number; readonly stream: string } {
  return { position: stored.position, stream: stored.stream };
}

/** Shows every fact up to `head` to the checks, a page at a time. */
export async function readFacts(store: Store, head: Head, checks: readonly Check[], meter: Meter): Promise<void> {
  meter.begin("log", head.position);
  for (let after = 0; after < head.position;) {
    const page = await store.readLog({ after });
    const digests = await store.readDigests({ after });
    for (const [index, stored] of page.events.entries()) {
      if (stored.position > head.position) continue;
      await show(factOf(stored, digests[index]), checks);
      meter.step();
    }
    if (page.scannedTo <= after) return;
    after = page.scannedTo;
  }
}

async function show(fact: Fact, checks: readonly Check[]): Promise<void> {
  for (const check of checks) {
    const pending = check.fact?.(fact);
    if (pending) await pending;
  }
}

export function factOf(stored: StoredEvent, storedDigest: string | undefined): Fact {
  const { id, stream, type, schemaVersion, data, meta } = stored;
  // The text that a digest covers: docs/format.md, section "Digests".
  const text = [id, stream, type, schemaVersion, data, meta].join("\n");
  return { stored, storedDigest, digest: hash("sha256", text, "hex"), data: parsedJson(data), meta: parsedJson(meta) };
}
