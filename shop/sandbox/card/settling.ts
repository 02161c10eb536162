import { Refusal } from "../refusal.ts";
import { chargeOf, viewOf, type CardDesk } from "./charging.ts";
import type { Charge, ChargeStatus } from "./charges.ts";
import { cardFate } from "./tokens.ts";

/** From which status a charge comes to each by itself or by command, and how the shop is told. */
const MOVES: Partial<Record<ChargeStatus, { readonly from: ChargeStatus; readonly type: string }>> = {
  succeeded: { from: "pending", type: "charge.settled" },
  declined: { from: "pending", type: "charge.declined" },
  disputed: { from: "succeeded", type: "charge.disputed" },
};

/** A pending charge ends as its card says. What was cancelled meanwhile stays as it is. */
export function settle(desk: CardDesk, n: number): void {
  const charged = desk.charges.get(n);
  const { settlesAs, isDisputed } = cardFate(charged?.token ?? "");
  if (charged?.status !== "pending" || settlesAs === undefined) return;
  move(desk, charged, settlesAs);
  if (isDisputed) desk.work.later(desk.conduct.current.card.disputeAfterMs, "dispute", n);
}

/** The customer's bank takes the money back. */
export function dispute(desk: CardDesk, n: number): void {
  const charged = desk.charges.get(n);
  if (charged?.status === "succeeded") move(desk, charged, "disputed");
}

/** By command; the same status again changes nothing. */
export function moveCharge(desk: CardDesk, id: string, status: ChargeStatus): object {
  const charged = chargeOf(desk, desk.ids.numberIn("ch", id));
  if (charged.status === status) return viewOf(desk, charged);
  if (MOVES[status]?.from !== charged.status) throw new Refusal(409, "wrong-status", `from ${charged.status} not to ${status}`);
  return viewOf(desk, move(desk, charged, status));
}

function move(desk: CardDesk, charged: Charge, status: ChargeStatus): Charge {
  const moved = desk.charges.setStatus(charged, status, status === "declined" ? "declined" : undefined);
  const { key, reference, amountMinor, currency } = moved;
  const type = MOVES[status]?.type ?? status;
  desk.journal.record(
    { partner: "card", operation: type, key, digest: undefined, isLost: false },
    { outcome: "changed", isEffect: false, subject: desk.ids.of("ch", moved.n), reference, amountMinor, currency },
  );
  desk.hooks.tell("card", { type, key, data: viewOf(desk, moved) });
  return moved;
}
