import { createHmac } from "node:crypto";
import type { Guard } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Effect } from "@daybook/data/store/unit";
import type { Profile } from "./contract.ts";

/**
 * Names that one customer has at a time: a key of the store holds the id of whoever has a name. Keys are made of keyed
 * tokens: without the secret they say nothing about the name.
 */
export interface ReservedNames {
  /** The key of what somebody logs in with: an e-mail address (it has an @), or a user name. */
  keyOf(name: string): string;
  /**
   * What belongs into the unit that changes `customerId` from one profile to the other: the fresh names must be free and
   * are taken, the others are freed. `before` must be what the unit's version of the customer has.
   */
  change(customerId: string, before: Profile | undefined, after: Profile | undefined): NameChange;
}

export interface NameChange {
  readonly guards: readonly Guard[];
  readonly effects: readonly Effect[];
}

type Kind = "user" | "email";

const TAKEN: Readonly<Record<Kind, Refusal>> = {
  user: { code: "user-name-taken", message: "Somebody has this user name." },
  email: { code: "email-taken", message: "Somebody is registered with this e-mail address." },
};

export function reservedNames(secret: Uint8Array): ReservedNames {
  const key = (kind: Kind, name: string) =>
    `name/${kind}/${createHmac("sha256", secret)
      .update(`${kind}\n${caseBlind(name)}`)
      .digest("hex")}`;

  const keysOf = (profile: Profile | undefined): ReadonlyMap<string, Kind> =>
    new Map(profile && [[key("user", profile.userName), "user"] as const, [key("email", profile.email), "email"] as const]);

  return {
    keyOf: (name) => key(name.includes("@") ? "email" : "user", name),
    change(customerId, before, after) {
      const [had, has] = [keysOf(before), keysOf(after)];
      const taken = [...has].filter(([each]) => !had.has(each));
      const freed = [...had.keys()].filter((each) => !has.has(each));
      return {
        guards: taken.map(([each, kind]) => ({ condition: { kind: "keyAbsent", key: each }, refusal: TAKEN[kind] })),
        effects: [
          ...taken.map(([each]) => ({ kind: "putKey", key: each, value: customerId }) as const),
          ...freed.map((each) => ({ kind: "deleteKey", key: each }) as const),
        ],
      };
    },
  };
}

/** By way of the capitals: ß and SS, σ and ς are one. */
function caseBlind(name: string): string {
  return name.trim().normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}
