import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { usageInvalid } from "../errors.ts";
import type { Command } from "../shell/command.ts";

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The command that prints the completion of `commands` for a shell. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    noun: "completion",
    summary: "Print what completes commands, flags and their values in a shell",
    operands: [{ name: "SHELL", summary: "bash, zsh or fish", values: Object.keys(SHELLS) }],
    flags: [],
    examples: ["source <(daybook completion bash)", "source <(daybook completion zsh)", "daybook completion fish | source"],
    async run({ operands, terminal }) {
      const shell = operands["SHELL"] ?? "";
      const print = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (!print) throw usageInvalid(`SHELL is one of ${Object.keys(SHELLS).join(", ")}, not "${shell.slice(0, 40)}"`);
      terminal.out(print(commands()));
    },
  };
}
