import { assert } from "@daybook/kernel/errors";
import type { Effect } from "@daybook/data/store/unit";
import type { RecordedEvent } from "./event.ts";

/**
 * Says what events change. It may be asked again for the same events, in other pages, and must not change anything itself.
 * - `handle` takes a page of them, in order: its effects and the checkpoint are one unit. It appends nothing.
 * - `handleEach` takes one at a time: whatever it appends has that event as its cause. Effects of events that append
 *   nothing share a unit with those before. It is asked before what the events before it on the page did is committed.
 */
export type SubscriptionHandler = PageHandler | EventHandler;

interface PageHandler {
  handle(page: readonly RecordedEvent[]): Effects;
}

interface EventHandler {
  handleEach(event: RecordedEvent): Effects;
}

type Effects = readonly Effect[] | Promise<readonly Effect[]>;

/** What one unit of a page does: its effects, how far the subscription has come with it, and the event that is its cause. */
export interface Step {
  readonly effects: readonly Effect[];
  readonly to: number;
  readonly first?: RecordedEvent | undefined;
}

/** The units of a page that was looked through up to `scannedTo`. */
export async function stepsOf(
  handler: SubscriptionHandler,
  events: readonly RecordedEvent[],
  scannedTo: number,
): Promise<readonly Step[]> {
  if ("handleEach" in handler) return eachStep(handler, events, scannedTo);
  const effects = await handler.handle(events);
  assert(!effects.some(isAppend), "what handles pages appends nothing: handleEach does");
  return [{ effects, to: scannedTo, first: events[0] }];
}

async function eachStep(handler: EventHandler, events: readonly RecordedEvent[], scannedTo: number): Promise<readonly Step[]> {
  const steps: Step[] = [];
  let isOpen = false;
  for (const event of events) {
    const effects = await handler.handleEach(event);
    const appends = effects.some(isAppend);
    const open = isOpen && !appends ? steps.pop() : undefined;
    steps.push({ effects: [...(open?.effects ?? []), ...effects], to: event.position, first: open?.first ?? event });
    isOpen = !appends;
  }
  return steps.map((step, index) => (index === steps.length - 1 ? { ...step, to: scannedTo } : step));
}

function isAppend(effect: Effect): boolean {
  return effect.kind === "append";
}
