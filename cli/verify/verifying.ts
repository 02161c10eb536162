import type { Head, Store } from "@daybook/data/store";
import type { VerifiedArchive } from "./archive/archive.ts";
import { memberOf, parsedJson } from "./canonical-text.ts";
import type { Meter } from "./progress.ts";
import type { SubjectStates } from "./subject-states.ts";

/** What a verification goes by: marks were read first, then the head, so that they are not beyond it. */
export interface Verifying {
  readonly store: Store;
  readonly head: Head;
  readonly archive: VerifiedArchive;
  readonly marks: Marks;
  readonly meter: Meter;
  /** What the store of keys says of data subjects; undefined without that store. */
  readonly subjects: SubjectStates | undefined;
  /** The secret of search tokens; undefined without the master key. */
  readonly tokenSecret: Uint8Array | undefined;
  /** What holds at rest is checked whatever is under way. */
  readonly isAtRest: boolean;
}

export interface Marks {
  /** The sealer's checkpoint. */
  readonly sealedTo: number;
  /** Up to which orders follow other contexts. */
  readonly progressedTo: number;
  /** The read models that follow the log. */
  readonly search: ModelMarks;
  readonly details: ModelMarks;
  readonly customerSearch: ModelMarks;
  readonly productSearch: ModelMarks;
  readonly soldTogether: ModelMarks;
  readonly ledger: ModelMarks;
}

/** Collection of a read model's live generation, and its checkpoint. */
export interface ModelMarks {
  readonly collection: string;
  readonly checkpoint: number;
}

export async function readMarks(store: Store): Promise<Marks> {
  return {
    sealedTo: await checkpointOf(store, "sealer"),
    progressedTo: await checkpointOf(store, "order-progress"),
    search: await modelMarks(store, "order-search"),
    details: await modelMarks(store, "order-details"),
    customerSearch: await modelMarks(store, "customer-search"),
    productSearch: await modelMarks(store, "product-search"),
    soldTogether: await modelMarks(store, "sold-together"),
    ledger: await modelMarks(store, "ledger"),
  };
}

async function modelMarks(store: Store, name: string): Promise<ModelMarks> {
  const live = parsedJson((await store.getKey(`projection/${name}`)) ?? "");
  const generation = memberOf(live, "generation");
  const collection = `${name}.${Number.isSafeInteger(generation) ? String(generation) : "1"}`;
  return { collection, checkpoint: await checkpointOf(store, collection) };
}

/** The position of a checkpoint; 0 for none, and for what is no position. */
export async function checkpointOf(store: Store, name: string): Promise<number> {
  const position = Number(await store.getKey(`checkpoint/${name}`));
  return Number.isSafeInteger(position) ? position : 0;
}
