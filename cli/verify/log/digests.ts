import { isCanonical, isRecord, memberOf } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "./fact.ts";

const META_NEEDED = ["actor", "causation", "correlation", "tenant"];
const META_TEXTS = [...META_NEEDED, "source", "trace"];

/** Each fact is what its digest says; its data and its cause are canonical text; its cause is complete. */
export function digestsCheck(): Check {
  const findings = new Findings("digests");
  return {
    findings: [findings],
    fact(fact) {
      findings.checked++;
      for (const fault of faultsOf(fact)) findings.violated(fault, placeOf(fact));
    },
  };
}

function* faultsOf({ stored, storedDigest, digest, data, meta }: Fact): Generator<string> {
  if (storedDigest !== digest) yield "the record is not what its digest says";
  if (!isCanonical(stored.data, data)) yield "the data is not canonical JSON text";
  if (!isCanonical(stored.meta, meta)) yield "the cause is not canonical JSON text";
  else if (!isCause(meta)) yield "the cause is not that of an event";
}

function isCause(meta: unknown): boolean {
  if (!isRecord(meta)) return false;
  const isComplete = META_NEEDED.every((name) => memberOf(meta, name) !== undefined);
  const hasForm = Object.entries(meta).every(([name, value]) =>
    name === "occurredAt" ? Number.isSafeInteger(value) : META_TEXTS.includes(name) && typeof value === "string",
  );
  return isComplete && hasForm;
}
