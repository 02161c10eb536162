import type { ChargeStatus } from "./charges.ts";

/** What becomes of a charge on a card. */
export interface CardFate {
  readonly status: ChargeStatus;
  readonly declineCode?: string;
  /** How a pending charge ends. */
  readonly settlesAs?: "succeeded" | "declined";
  readonly isDisputed?: boolean;
}

const OK: CardFate = { status: "succeeded" };
const INVALID: CardFate = { status: "declined", declineCode: "invalid_details" };

/** The cards that there are; every other token is an invalid card. */
const CARDS: ReadonlyMap<string, CardFate> = new Map<string, CardFate>([
  ["tok_ok", OK],
  ["tok_declined", { status: "declined", declineCode: "declined" }],
  ["tok_insufficient_funds", { status: "declined", declineCode: "insufficient_funds" }],
  ["tok_expired", { status: "declined", declineCode: "expired_card" }],
  ["tok_invalid", INVALID],
  ["tok_pending", { status: "pending", settlesAs: "succeeded" }],
  ["tok_pending_declined", { status: "pending", settlesAs: "declined" }],
  ["tok_pending_disputed", { status: "pending", settlesAs: "succeeded", isDisputed: true }],
  ["tok_disputed", { status: "succeeded", isDisputed: true }],
]);

export function cardFate(token: string): CardFate {
  return CARDS.get(token) ?? INVALID;
}
