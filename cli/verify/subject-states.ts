import type { Store } from "@daybook/data/store";
import { unwrapWithAny } from "./sealed-block.ts";

/** What the store of keys says of a data subject. */
export type SubjectState =
  | { readonly kind: "unknown" }
  | { readonly kind: "erased" }
  /** The key is there; `key` is missing when it cannot be unwrapped, for want of the master key. */
  | { readonly kind: "kept"; readonly key?: Uint8Array }
  /** The key is there and does not open under the master key. */
  | { readonly kind: "broken" };

export type SubjectStates = (subject: string) => Promise<SubjectState>;

const REMEMBERED_MAX = 10_000;

/** Reads subjects' keys: `subject/{subject}` is `erased`, or the key wrapped under a master key; two while it is exchanged. */
export function subjectStates(keysStore: Store, masterKeys: readonly Uint8Array[]): SubjectStates {
  const remembered = new Map<string, SubjectState>();
  return async (subject) => {
    const known = remembered.get(subject);
    if (known) return known;
    const state = stateOf(subject, await keysStore.getKey(`subject/${subject}`), masterKeys);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(subject, state);
    return state;
  };
}

function stateOf(subject: string, value: string | undefined, masterKeys: readonly Uint8Array[]): SubjectState {
  if (value === undefined) return { kind: "unknown" };
  if (value === "erased") return { kind: "erased" };
  if (masterKeys.length === 0) return { kind: "kept" };
  const key = unwrapWithAny(masterKeys, subject, value);
  return key ? { kind: "kept", key } : { kind: "broken" };
}
