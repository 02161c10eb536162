import { canonical } from "@daybook/kernel/canonical";
import { digestHex } from "@daybook/kernel/digest";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";

/**
 * One request under a key of its caller. The answer is rendered before the commit and stored in the unit under the
 * condition that the key is absent: that condition alone decides who was first; the loser reads the winner's answer.
 */
export interface IdempotentRequest {
  readonly principal: string;
  readonly operation: string;
  /** The caller's key. */
  readonly key: string;
  /** Digest of what was asked (`digestHex` of its canonical form). */
  readonly content: string;
}

/** How an earlier answer relates to this request. */
export type EarlierAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "same"; readonly answer: string }
  /** The key was used for another content. */
  | { readonly kind: "other" };

const KEPT_MS = 24 * 60 * 60 * 1000;

/** The store's key of a request; says nothing about its caller. */
export function storeKey({ principal, operation, key }: IdempotentRequest): string {
  return `answer/${digestHex(canonical([principal, operation, key]))}`;
}

export async function earlierAnswer(store: Store, request: IdempotentRequest): Promise<EarlierAnswer> {
  const stored = await store.getKey(storeKey(request));
  if (stored === undefined) return { kind: "none" };
  const end = stored.indexOf("\n");
  return stored.slice(0, end) === request.content ? { kind: "same", answer: stored.slice(end + 1) } : { kind: "other" };
}

export function answerCondition(request: IdempotentRequest): Condition {
  return { kind: "keyAbsent", key: storeKey(request) };
}

/** Keeps `answer` for 24 hours from `now`. */
export function answerEffect(request: IdempotentRequest, answer: string, now: number): Effect {
  return { kind: "putKey", key: storeKey(request), value: `${request.content}\n${answer}`, expiresAt: now + KEPT_MS };
}
