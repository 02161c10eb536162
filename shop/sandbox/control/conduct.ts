import { seededChance, type Chance } from "../chance.ts";
import type { Settings } from "../file/settings.ts";
import { behaviourSchema, type Behaviour, type Duration, type Partner } from "./behaviour.ts";

/** What is going to be done to one request or mail. */
export interface Fate {
  /** Waited first. */
  readonly latencyMs: number;
  /** `unavailable`: refused for the moment. `rejected`: for good (mail only). `cut`: the connection is cut at once. */
  readonly course: "served" | "unavailable" | "rejected" | "cut";
  /** The connection is cut instead of the answer, after the effect. */
  readonly isLost: boolean;
}

/** The behaviour in force; kept over restarts. */
export interface Conduct {
  readonly current: Behaviour;
  /** Puts `behaviour` in force; what is drawn starts again from its seed. */
  replace(behaviour: Behaviour): void;
  /** Draws what happens to the next request of `partner`, and counts it off. */
  fateOf(partner: Partner): Fate;
  draw(duration: Duration): number;
  /** Whether something of this rate happens now. */
  happens(rate: number): boolean;
}

const NAME = "behaviour";

export function conduct(settings: Settings): Conduct {
  let current = behaviourSchema.parse(settings.read(NAME) ?? {});
  let chance: Chance = seededChance(current.seed);
  const happens = (rate: number) => rate > 0 && chance() < rate;
  const draw = (duration: Duration) =>
    typeof duration === "number" ? duration : duration.from + Math.floor(chance() * (duration.to - duration.from + 1));

  type Counter = "failNext" | "loseNext" | "rejectNext";
  function countOff(partner: Partner, counter: Counter): boolean {
    const counters: Partial<Record<Counter, number>> = current[partner];
    const left = counters[counter] ?? 0;
    if (left === 0) return false;
    counters[counter] = left - 1;
    settings.write(NAME, current);
    return true;
  }

  function courseOf(partner: Partner): Fate["course"] {
    const { away, errorRate } = current[partner];
    if (away === "refused") return "cut";
    if (away === "unavailable" || countOff(partner, "failNext") || happens(errorRate)) return "unavailable";
    if (partner === "mail" && (countOff(partner, "rejectNext") || happens(current.mail.rejectRate))) return "rejected";
    return "served";
  }

  return {
    get current() {
      return current;
    },
    replace(behaviour) {
      current = behaviour;
      chance = seededChance(behaviour.seed);
      settings.write(NAME, behaviour);
    },
    fateOf(partner) {
      const course = courseOf(partner);
      const isLost = course === "served" && (countOff(partner, "loseNext") || happens(current[partner].loseRate));
      return { latencyMs: draw(current[partner].latencyMs), course, isLost };
    },
    draw,
    happens,
  };
}

/** `patch` laid over `target`: objects field by field, everything else replaced (RFC 7396 without removal). */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(target) || !isObject(patch)) return patch;
  const fields = Object.entries(patch).map(([name, value]) => [
    name,
    Object.hasOwn(target, name) ? merged(target[name], value) : value,
  ]);
  return { ...target, ...Object.fromEntries(fields) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
