/**
 * What a unit asks of the state that conditions look at, as numbers that cross to the commit function. A unit is a run
 * of steps: its conditions in order, then its effects in order.
 */
export const STEP = {
  append: 1,
  version: 2,
  exists: 3,
  putRow: 4,
  keyAbsent: 5,
  putKey: 6,
  keyValue: 7,
  keyPresent: 8,
  due: 9,
  schedule: 10,
  finish: 11,
  leaseHeld: 12,
  leaseFree: 13,
  takeLease: 14,
  freeLease: 15,
  deleteKey: 16,
  deleteRow: 17,
  deleteWork: 18,
  /** The unit has the id of an earlier unit of the same batch. */
  sameId: 19,
} as const;
