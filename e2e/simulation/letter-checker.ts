import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";

const TOLD = ["OrderConfirmed", "OrderCancelled", "OrderShipped", "ItemsReturned", "CustomerRegistered"];

interface Told {
  readonly eventId: string;
}

/**
 * Letters: for each event that is told of, one fact of what became of it; a letter for each that was sent, once, and once
 * more at most for each trouble that could make nobody know; none for anything else.
 */
export function checkLetters(
  letters: ReadonlyMap<string, number>,
  { log }: RawState,
  troubles: number,
  findings: Findings,
): void {
  const sent = new Set<string>();
  /** A letter whose answer was lost may be dropped when it comes again: its customer has left meanwhile. */
  const dropped = new Set<string>();
  const facts = new Map<string, number>();
  for (const { stream, type, data } of log) {
    if (!stream.startsWith("notification-")) continue;
    const { eventId } = JSON.parse(data) as Told; // as it is documented
    facts.set(eventId, (facts.get(eventId) ?? 0) + 1);
    (type === "NotificationSent" ? sent : dropped).add(stream.slice("notification-".length));
  }
  for (const { id, type } of log) {
    const count = facts.get(id) ?? 0;
    const expected = TOLD.includes(type) ? 1 : 0;
    findings.expect("letters", count === expected, () => `of ${type} ${id} ${count} facts tell that it was told`);
  }
  let repeats = 0;
  for (const [id, count] of letters) {
    findings.expect("letters", sent.has(id) || dropped.has(id), () => `letter ${id} was sent, and is not recorded`);
    repeats += count - 1;
  }
  for (const id of sent) findings.expect("letters", letters.has(id), () => `letter ${id} is recorded, and was not sent`);
  findings.expect("letters", repeats <= troubles, () => `${repeats} letters too many for ${troubles} troubles`);
}
