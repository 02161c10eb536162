import { parseArgs } from "node:util";
import { messageOf } from "@daybook/kernel/errors";
import { benchCommandInvalid } from "./errors.ts";

/** What the words after `npm run bench --` ask for. */
export interface BenchOptions {
  readonly name: string;
  readonly isJson: boolean;
  /** Rounds that count; one more, before them, warms up. */
  readonly rounds: number;
  readonly store: StoreName;
  /** How long one contender is measured in one round. */
  readonly roundMs: number;
  /** Only contenders whose name, workload or callers contain it. */
  readonly only: string | undefined;
}

export type StoreName = (typeof STORES)[number];

const STORES = ["sqlite", "postgres"] as const;

/** Throws `bench-command-invalid`. */
export function parseOptions(words: readonly string[], names: readonly string[]): BenchOptions {
  const { values, positionals } = split(words);
  const [name, ...more] = positionals;
  if (name === undefined || !names.includes(name) || more.length > 0) {
    throw benchCommandInvalid(`there is no benchmark "${positionals.join(" ")}"; there are: ${names.join(", ")}`);
  }
  const store = STORES.find((known) => known === values.store);
  if (store === undefined) throw benchCommandInvalid(`there is no store "${values.store}"; there are: ${STORES.join(", ")}`);
  const rounds = wholeNumber("--rounds", values.rounds);
  const roundMs = wholeNumber("--round-ms", values["round-ms"]);
  return { name, isJson: values.json, rounds, store, roundMs, only: values.only };
}

function split(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        rounds: { type: "string", default: "5" },
        store: { type: "string", default: "sqlite" },
        "round-ms": { type: "string", default: "500" },
        only: { type: "string" },
      },
    });
  } catch (error) {
    throw benchCommandInvalid(messageOf(error), { cause: error });
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw benchCommandInvalid(`${option} takes a whole number from 1, not "${text}"`);
  return Number(text);
}
