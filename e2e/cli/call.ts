import { systemClock } from "@daybook/kernel/clock";
import { COMMANDS } from "@daybook/cli/commands";
import { run } from "@daybook/cli/run";

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, on no terminal, with exactly this environment. */
export async function call(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Called> {
  const texts = { out: "", err: "" };
  const code = await run({
    words,
    environment,
    commands: COMMANDS,
    version: "0.0.0",
    clock: systemClock,
    process: { on: () => undefined, exit: () => undefined },
    terminal: {
      out: (text) => void (texts.out += text),
      err: (text) => void (texts.err += text),
      isOutPerson: false,
      isErrPerson: false,
      columns: 100,
      hasColours: false,
      ask: undefined,
    },
  });
  return { code, ...texts };
}

/** The code of the error that a call with --json printed on stderr. */
export function codeOf({ err }: Called): string | undefined {
  const line = err.split("\n").find((text) => text.startsWith('{"error"'));
  return line === undefined ? undefined : JSON.parse(line).error.code;
}
