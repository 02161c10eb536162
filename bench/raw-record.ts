import { hash } from "node:crypto";
import type { OneFact } from "./workload.ts";

/** What a hand-written program computes of a fact before it stores it: its meta text and its digest. */
export interface RawRecord extends OneFact {
  readonly meta: string;
  readonly digest: Buffer;
}

export function rawRecord(fact: OneFact): RawRecord {
  return bulkRecord(fact, 0, fact.data);
}

/** Of one of the facts of a unit. */
export function bulkRecord(fact: OneFact, ordinal: number, data: string): RawRecord {
  const { unitId, stream, type, cause } = fact;
  const { actor, correlation, source, tenant, trace } = cause;
  const meta = JSON.stringify({ actor, causation: unitId, correlation, source, tenant, trace });
  const digest = hash("sha256", `${unitId}/${ordinal}\n${stream}\n${type}\n1\n${data}\n${meta}`, "buffer");
  return { ...fact, data, meta, digest };
}
