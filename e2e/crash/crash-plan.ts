import type { Condition, Effect, NewEvent, Unit } from "@daybook/data/store/unit";

/** A unit of the scenario and what must become of it when nothing fails, also when all is committed once more. */
export interface Planned {
  readonly unit: Unit;
  readonly expect: "committed" | "refused";
}

/** Units that are submitted together, in this order; the next round waits for all of them. */
export type Round = readonly Planned[];

const ROUNDS = 16;
const HOUR_MS = 3_600_000;

/** Every kind of condition and effect, over and over, with refusals between: the same units in every run. */
export function crashPlan(): readonly Round[] {
  return Array.from({ length: ROUNDS }, (_, r) => [
    ...orders(r),
    ...rowsAndKeys(r),
    checkpoint(r),
    work(r),
    lease(r),
    ...(r % 5 === 4 ? [freedLease(r)] : []),
  ]);
}

function orders(r: number): Planned[] {
  const stream = `order-${pad(r)}`;
  const fresh: Condition = { kind: "version", stream, is: 0 };
  return [
    committed(r, 1, [fresh], [{ kind: "append", stream, events: [event(r, "OrderPlaced")] }]),
    committed(
      r,
      2,
      [{ kind: "exists", stream }],
      [
        { kind: "append", stream, events: [event(r, "OrderPaid"), event(r, "OrderPacked")] },
        { kind: "append", stream: "ledger-main", events: [event(r, "Posted")] },
      ],
    ),
    refused(r, 3, [{ kind: "version", stream, is: 99 }]),
  ];
}

function rowsAndKeys(r: number): Planned[] {
  const row: Effect = {
    kind: "putRow",
    collection: "orders",
    key: `row-${r % 5}`,
    value: text(r),
    index: { status: [`s${r % 3}`, "all"], ...(r % 2 === 0 && { even: [pad(r)] }) },
  };
  const absent: Condition = { kind: "keyAbsent", key: `seen-${pad(r)}` };
  return [
    committed(r, 4, [absent], [row, { kind: "putKey", key: `seen-${pad(r)}`, value: text(r), expiresAt: 4_000_000_000_000 }]),
    refused(r, 5, [absent]),
  ];
}

/** A consumer's step: its checkpoint moves in the unit that has the effect. */
function checkpoint(r: number): Planned {
  const key = "checkpoint";
  const before: Condition = r === 0 ? { kind: "keyAbsent", key } : { kind: "keyValue", key, value: String(r - 1) };
  const effects: Effect[] = [
    { kind: "putKey", key, value: String(r) },
    { kind: "schedule", queue: "mail", id: `m${r % 4}`, at: 1_000 + r, payload: text(r) },
  ];
  if (r > 3) effects.push({ kind: "finish", queue: "mail", id: `m${(r + 2) % 4}` });
  if (r % 4 === 3) effects.push({ kind: "deleteRow", collection: "orders", key: `row-${(r - 2) % 5}` });
  if (r % 3 === 2) effects.push({ kind: "deleteKey", key: `seen-${pad(r - 2)}-gone` });
  return committed(r, 6, [before], effects);
}

function work(r: number): Planned {
  const effects: Effect[] = [
    { kind: "append", stream: `job-${pad(r)}`, as: "work", events: [event(r, "Started"), event(r, "Stepped")] },
  ];
  if (r >= 2) effects.push({ kind: "deleteWork", stream: `job-${pad(r - 2)}` });
  return committed(r, 7, [{ kind: "version", stream: `job-${pad(r)}`, as: "work", is: 0 }], effects);
}

function lease(r: number): Planned {
  const free: Condition = { kind: "leaseFree", name: "sealer", owner: "a" };
  return committed(r, 8, [free], [{ kind: "takeLease", name: "sealer", owner: "a", ttlMs: HOUR_MS }]);
}

function freedLease(r: number): Planned {
  const token = Math.floor(r / 5) + 1;
  return committed(r, 9, [{ kind: "leaseHeld", name: "sealer", token }], [{ kind: "freeLease", name: "sealer" }]);
}

function committed(r: number, n: number, conditions: readonly Condition[], effects: readonly Effect[]): Planned {
  return { unit: unit(r, n, conditions, effects), expect: "committed" };
}

/** A unit that must never happen: what it would leave is easy to find. */
function refused(r: number, n: number, conditions: readonly Condition[]): Planned {
  const effects: Effect[] = [
    { kind: "append", stream: "order-refused", events: [event(r, "Impossible")] },
    { kind: "putKey", key: `refused-${pad(r)}`, value: "1" },
  ];
  return { unit: unit(r, n, conditions, effects), expect: "refused" };
}

function unit(r: number, n: number, conditions: readonly Condition[], effects: readonly Effect[]): Unit {
  const cause = { correlation: `cor_${pad(r)}`, actor: "usr_1", tenant: "shop" };
  return { id: `unt_${pad(r)}_${n}`, cause, conditions, effects };
}

function event(r: number, type: string): NewEvent {
  return { type, schemaVersion: 1, data: text(r) };
}

function text(r: number): string {
  return JSON.stringify({ round: r, fill: "x".repeat(200 + 37 * (r % 7)) });
}

function pad(n: number): string {
  return String(n).padStart(4, "0");
}
