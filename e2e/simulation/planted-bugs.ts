import type { PlantedBug } from "./planted-bug.ts";
import { SHOP_BUGS } from "./planted-shop-bugs.ts";

const DISK = "platform/testing/simulation/simulated-disk.ts";
const GATHER = "platform/data/store/gather.ts";
const CONDITIONS = "platform/data/store/conditions.ts";
const APPLY = "platform/data/store/memory/apply.ts";
const SUBSCRIPTION = "platform/data/event-store/subscription.ts";
const RUNNER = "platform/data/cqrs/command-runner.ts";
const IDEMPOTENCY = "platform/data/cqrs/idempotency.ts";
const ORDER = "shop/ordering/order.ts";
const PLACE = "shop/ordering/place-order.ts";

/** Of the store: one commit, gathered. */
const STORE_BUGS: readonly PlantedBug[] = [
  {
    name: "an engine answers before its sync",
    file: DISK,
    find: "await this.sync();",
    replace: "void this.sync().catch(() => undefined);",
    foundBy: ["answers are true", "reads", "liveness"],
  },
  {
    name: "a reader sees what is not synced",
    file: DISK,
    find: "await this.inFlight;",
    replace: "",
    foundBy: ["reads", "reads are kept"],
  },
  {
    name: "an unknown outcome is called harmless",
    file: GATHER,
    find: 'return errorCode(error) === "batch-not-applied";',
    replace: "return errorCode(error) !== undefined;",
    foundBy: ["answers are true"],
  },
  {
    name: "an open attempt is forgotten when a later one fails harmlessly",
    file: GATHER,
    find: "if (isHarmless(cause)) cause = error;",
    replace: "cause = error;",
    foundBy: ["answers are true"],
  },
  {
    name: "callers get each other's verdicts",
    file: GATHER,
    find: "waiting.resolve(verdicts[index] as Verdict);",
    replace: "waiting.resolve(verdicts[verdicts.length - 1 - index] as Verdict);",
    foundBy: ["answers are true"],
  },
  {
    name: "a batch overtakes one that is tried again",
    file: GATHER,
    find: "this.retrying === 0 && ",
    replace: "",
    foundBy: ["order of submission"],
  },
  {
    name: "an embedded store goes on after a failed sync",
    file: GATHER,
    find: "if (!this.engine.capabilities.isShared) this.stop(error);",
    replace: "",
    foundBy: ["liveness", "answers are true", "reads"],
  },
  {
    name: "the version condition is not checked",
    file: CONDITIONS,
    find: "return { holds: actual === condition.is, actual };",
    replace: "return { holds: true, actual };",
    foundBy: ["conditions decide"],
  },
  {
    name: "a key that is there passes for absent",
    file: CONDITIONS,
    find: "return { holds: actual === undefined, actual };",
    replace: "return { holds: true, actual };",
    foundBy: ["conditions decide", "one effect a key"],
  },
  {
    name: "a superseded fencing token is accepted",
    file: CONDITIONS,
    find: "lease?.isRunning === true && lease.token === condition.token",
    replace: "lease?.isRunning === true",
    foundBy: ["conditions decide"],
  },
  {
    name: "a repeated unit is applied again",
    file: APPLY,
    find: "if (repeated) return { ...repeated, versions: [], tokens: [], isRepeated: true };",
    replace: "",
    foundBy: ["conditions decide"],
  },
  {
    name: "keys of a refused unit are kept",
    file: APPLY,
    find: "if (refused) return refused;",
    replace: `if (refused) {
      for (const effect of unit.effects) if (effect.kind === "putKey") state.keys.set(effect.key, { value: effect.value, expiresAt: Infinity });
      return refused;
    }`,
    foundBy: ["conditions decide", "keys", "reads"],
  },
  {
    name: "recordedAt follows a clock that is set back",
    file: APPLY,
    find: "(state.recordedAt = Math.max(state.recordedAt, now))",
    replace: "(state.recordedAt = now)",
    foundBy: ["conditions decide", "log"],
  },
];

/** Of subscriptions, projections and seals. */
const FOLLOWER_BUGS: readonly PlantedBug[] = [
  {
    name: "a subscriber skips an event after trouble",
    file: SUBSCRIPTION,
    find: "this.checkpoint = undefined;\n        await this.trouble(",
    replace: "this.position++;\n        await this.trouble(",
    foundBy: ["positions are true", "each event once", "search rows", "letters", "liveness"],
  },
  {
    name: "a checkpoint is written before the effects",
    file: SUBSCRIPTION,
    find: "return commitSettled(this.store, unit, { clock, signal: this.stopping.signal });",
    replace: `const { effects } = unit;
      const first = commitSettled(this.store, { ...unit, id: this.options.ids("unt"), effects: effects.slice(-1) }, { clock });
      return first.then((verdict) => verdict.outcome === "refused" ? verdict
        : commitSettled(this.store, { ...unit, conditions: [], effects: effects.slice(0, -1) }, { clock, signal: this.stopping.signal }));`,
    foundBy: ["each event once", "search rows", "ledger rows", "letters", "read your writes"],
  },
  {
    name: "a unit of a subscriber has no conditions",
    file: SUBSCRIPTION,
    find: "conditions: [this.lease.condition(), checkpointIs(name, checkpoint)],\n      effects: [...effects, putCheckpoint(name, to)],",
    replace: "conditions: [],\n      effects: [...effects, putCheckpoint(name, to)],",
    foundBy: ["each event once", "checkpoints advance", "positions are true", "ledger rows", "letters"],
  },
  {
    name: "a subscriber goes on from what was refused",
    file: SUBSCRIPTION,
    find: 'if (settled.value.outcome === "refused") {',
    replace: "if (false) {",
    foundBy: ["positions are true", "each event once", "search rows", "ledger rows", "liveness"],
  },
  {
    name: "a position counts as shown before its event is (>= for >)",
    file: "platform/data/cqrs/generations.ts",
    find: "return first.position > position;",
    replace: "return first.position >= position;",
    foundBy: ["read your writes"],
  },
  {
    name: "the sealer leaves the last fact (<= for <)",
    file: "platform/data/event-store/seal.ts",
    find: "if (size < (isFinal ? 1 : SEAL_FACTS_MAX))",
    replace: "if (size <= (isFinal ? 1 : SEAL_FACTS_MAX))",
    foundBy: ["liveness"],
  },
  {
    name: "a seal does not follow the one before",
    file: "platform/data/event-store/seal.ts",
    find: "if (checkpoint.position === 0) return FIRST_PREVIOUS;",
    replace: "return FIRST_PREVIOUS;",
    foundBy: ["seals"],
  },
];

/** Of commands and idempotency. */
const COMMAND_BUGS: readonly PlantedBug[] = [
  {
    name: "the warm state stays after a conflict",
    file: RUNNER,
    find: "this.warm.delete(id);",
    replace: "",
    foundBy: ["progress", "workflows end"],
  },
  {
    name: "the expected version is not looked at",
    file: RUNNER,
    find: "if (expectedVersion === before.version) {",
    replace: "if (expectedVersion >= 0) {",
    foundBy: ["expected versions"],
  },
  {
    name: "an unknown outcome is told as done",
    file: "platform/data/cqrs/decisive-verdict.ts",
    find: 'if (second && second.outcome !== "unknown") return second;',
    replace: 'return { outcome: "committed", position: 0, recordedAt: 0, versions: [], tokens: [], isRepeated: true };',
    foundBy: [
      "acknowledged is kept",
      "read your writes",
      "a key is used once",
      "refusals have reasons",
      "shipped is paid",
      "fulfilled or undone",
    ],
  },
  {
    name: "an idempotency key is kept without its condition",
    file: RUNNER,
    find: "conditions: [answerCondition(idempotency)],",
    replace: "conditions: [],",
    foundBy: ["one effect a key", "same key, same bytes"],
  },
  {
    name: "a key's content is not compared",
    file: IDEMPOTENCY,
    find: "stored.slice(0, end) === request.content",
    replace: "end > 0",
    foundBy: ["a key is used once", "same key, same bytes"],
  },
  {
    name: "callers share their keys",
    file: IDEMPOTENCY,
    find: "canonical([principal, operation, key])",
    replace: "canonical([operation, key])",
    foundBy: ["a key is its caller's"],
  },
];

/** Of orders. */
const ORDER_BUGS: readonly PlantedBug[] = [
  {
    name: "an order is cancelled twice",
    file: ORDER,
    find: "cancelled: {},",
    replace: 'cancelled: { cancel: "cancelled" },',
    foundBy: ["order law"],
  },
  {
    name: "evolve ignores a cancellation",
    file: ORDER,
    find: '{ ...released(shipmentReleased(order)), status: "cancelled", cancellation: { reason: event.data.reason } }',
    replace: "order",
    foundBy: ["acknowledged is kept", "inline rows"],
  },
  {
    name: "a total leaves out a line",
    file: PLACE,
    find: "return lines.reduce((total, line)",
    replace: "return lines.slice(1).reduce((total, line)",
    foundBy: ["refusals have reasons"],
  },
  {
    name: "an amount is of one piece",
    file: PLACE,
    find: "lineAmount(quantity, unitPrice,",
    replace: "lineAmount(1, unitPrice,",
    foundBy: ["effects"],
  },
  {
    name: "anybody may cancel as the customer",
    file: ORDER,
    find: "customerId !== undefined && order.status",
    replace: "customerId === undefined && order.status",
    foundBy: ["refusals have reasons"],
  },
];

export const BUGS: readonly PlantedBug[] = [...STORE_BUGS, ...FOLLOWER_BUGS, ...COMMAND_BUGS, ...ORDER_BUGS, ...SHOP_BUGS];
