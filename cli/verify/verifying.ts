import type { Head, Store } from "@daybook/data/store";
import { memberOf, parsedJson } from "./canonical-text.ts";
import type { Meter } from "./progress.ts";
import type { SubjectStates } from "./subject-states.ts";

/** What a verification goes by: marks were read first, then the head, so that they are not beyond it. */
export interface Verifying {
  readonly store: Store;
  readonly head: Head;
  readonly marks: Marks;
  readonly meter: Meter;
  /** What the store of keys says of data subjects; undefined without that store. */
  readonly subjects: SubjectStates | undefined;
  /** The secret of search tokens; undefined without the master key. */
  readonly tokenSecret: Uint8Array | undefined;
}

export interface Marks {
  /** The sealer's checkpoint. */
  readonly sealedTo: number;
  /** The read models "order-search" and "customer-search". */
  readonly search: SearchMarks;
  readonly customerSearch: SearchMarks;
}

/** Collection of a read model's live generation, and its checkpoint. */
export interface SearchMarks {
  readonly collection: string;
  readonly checkpoint: number;
}

export async function readMarks(store: Store): Promise<Marks> {
  return {
    sealedTo: await checkpointOf(store, "sealer"),
    search: await searchMarks(store, "order-search"),
    customerSearch: await searchMarks(store, "customer-search"),
  };
}

async function searchMarks(store: Store, name: string): Promise<SearchMarks> {
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
