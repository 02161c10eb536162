import { positionFromLostFuture, positionInvalid } from "./errors.ts";
import type { Head } from "./port.ts";

/** A position as it leaves the process: opaque text of epoch and position. */
export type PositionToken = string;

export function positionToken(epoch: number, position: number): PositionToken {
  return `p${epoch.toString(36)}-${position.toString(36)}`;
}

/**
 * The position that a token stands for in a log with this head. Refuses text that is no token (`position-invalid`),
 * and positions of another epoch or beyond the head (`position-from-lost-future`).
 */
export function readPosition(token: PositionToken, head: Head): number {
  const match = /^p([0-9a-z]{1,11})-([0-9a-z]{1,10})$/.exec(token);
  if (!match) throw positionInvalid(`"${token.slice(0, 40)}" is not a position`);
  const epoch = Number.parseInt(match[1] ?? "", 36);
  const position = Number.parseInt(match[2] ?? "", 36);
  if (epoch !== head.epoch || position > head.position) {
    throw positionFromLostFuture("the position is of another life of this log", { details: { token } });
  }
  return position;
}
