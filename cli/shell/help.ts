import { aligned } from "./table.ts";
import { nameOf, type Command } from "./command.ts";

/** What the program does: its commands, one line each. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map((command) => [`  ${nameOf(command)}`, command.summary]);
  return [
    "daybook: every fact is written once, in order, in one commit; everything else is derived from it",
    "",
    "Usage: daybook <noun> <verb> [operands] [flags]",
    "",
    ...aligned(rows),
    "",
    "Run any of them with --help. Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 conflict, 5 unavailable or timeout,",
    "6 denied, 7 a check failed, 130 interrupted.",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const { summary, details, operands = [], flags, examples = [] } = command;
  const operandRows = operands.map((operand) => [`  ${operand.name}`, operand.summary]);
  return [
    summary,
    ...(details === undefined ? [] : ["", details]),
    "",
    `Usage: ${usageOf(command)}`,
    ...(operands.length === 0 ? [] : ["", ...aligned(operandRows)]),
    ...(flags.length === 0 ? [] : ["", "Flags:", ...aligned(flagRows(command))]),
    ...(examples.length === 0 ? [] : ["", "Examples:", ...examples.map((example) => `  ${example}`)]),
  ].join("\n");
}

/** `daybook order get ORDER [flags]`. */
export function usageOf(command: Command): string {
  const operands = (command.operands ?? []).map(({ name, isOptional }) => (isOptional === true ? `[${name}]` : name));
  return ["daybook", nameOf(command), ...operands, ...(command.flags.length > 0 ? ["[flags]"] : [])].join(" ");
}

function flagRows({ flags }: Command): readonly (readonly string[])[] {
  return flags.map(({ name, value, summary }) => [`  --${name}${value === undefined ? "" : ` ${value}`}`, summary]);
}
