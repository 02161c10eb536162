import { parseArgs } from "node:util";
import { messageOf } from "@daybook/kernel/errors";
import { engineCommandInvalid } from "./errors.ts";

export type Command =
  | { readonly kind: "up"; readonly engine: string }
  /** Every engine when none is named. */
  | { readonly kind: "down"; readonly engine: string | undefined }
  | { readonly kind: "status"; readonly isJson: boolean };

/** What the words after `npm run engines --` ask for. Throws `engine-command-invalid`. */
export function parseCommand(words: readonly string[], engines: readonly string[]): Command {
  const { verb, names, isJson } = split(words);
  const [engine, ...more] = names;
  if (more.length > 0) throw engineCommandInvalid(`one engine at a time, not "${names.join(" ")}"`);
  if (engine !== undefined && !engines.includes(engine)) {
    throw engineCommandInvalid(`there is no engine "${engine}"; there are: ${engines.join(", ")}`);
  }
  if (isJson && verb !== "status") throw engineCommandInvalid("only status has the option --json");
  switch (verb) {
    case "up":
      if (engine === undefined) throw engineCommandInvalid(`name the engine to start: ${engines.join(", ")}`);
      return { kind: "up", engine };
    case "down":
      return { kind: "down", engine };
    case "status":
      if (engine !== undefined) throw engineCommandInvalid("status tells of all engines; name none");
      return { kind: "status", isJson };
    default:
      throw engineCommandInvalid(verb === undefined ? "say what to do" : `"${verb}" is not one of up, down, status`);
  }
}

function split(words: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    const [verb, ...names] = positionals;
    return { verb, names, isJson: values.json === true };
  } catch (error) {
    throw engineCommandInvalid(messageOf(error), { cause: error });
  }
}
