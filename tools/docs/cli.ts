import { COMMANDS } from "@daybook/cli/commands";
import { BY_CODE, BY_STATUS, EXIT } from "@daybook/cli/exit-codes";
import { usageOf } from "@daybook/cli/help";
import { nameOf, type Command } from "@daybook/cli/command";
import { table, type GeneratedDocument } from "./document.ts";

/** docs/cli.md: every command with its flags, and what the exit codes mean. */
export const cliDocument: GeneratedDocument = {
  path: "docs/cli.md",
  render() {
    return `# Command line

\`npm run --silent daybook -- <noun> <verb>\`, or \`node cli/daybook.ts\`. Data goes to stdout, everything else to stderr. Flags
that are settings can be variables, too: \`DAYBOOK__PORT\`, \`DAYBOOK__HOST\`, \`DAYBOOK__DATA\`, \`DAYBOOK__STORE\`,
\`DAYBOOK__LOG_LEVEL\`, \`DAYBOOK__URL\`, \`DAYBOOK__TOKEN\`. A flag wins over its variable.

Commands find the shop by \`--url\`; without it they ask the process that owns the data folder, with the folder's own key; when
nobody owns it they open the folder themselves, read-only if they only read. With \`--json\` an error is one JSON line on stderr.

Made by \`npm run docs\` from \`cli/commands.ts\`.

${COMMANDS.map(section).join("\n\n")}

## Exit codes

${exitCodes()}
`;
  },
};

function section(command: Command): string {
  const { summary, details, operands = [], flags, examples = [] } = command;
  const operandRows = operands.map(({ name, summary: what }) => [`\`${name}\``, what]);
  const flagRows = flags.map(({ name, value, summary: what }) => [
    `\`--${name}${value === undefined ? "" : ` ${value}`}\``,
    what,
  ]);
  const parts = [
    `## ${nameOf(command)}`,
    `${summary}.`,
    ...(details === undefined ? [] : [details]),
    `\`\`\`\n${usageOf(command)}\n\`\`\``,
    table(["", ""], [...operandRows, ...flagRows]),
    ...(examples.length === 0 ? [] : [`\`\`\`sh\n${examples.join("\n")}\n\`\`\``]),
  ];
  return parts.join("\n\n");
}

function exitCodes(): string {
  const rows = Object.entries(EXIT).map(([name, exit]) => {
    const codes = BY_CODE.find(([of]) => of === exit)?.[1] ?? [];
    const statuses = BY_STATUS.find(([of]) => of === exit)?.[1] ?? [];
    return [String(exit), MEANINGS[name] ?? name, codes.map((code) => `\`${code}\``).join(", "), statuses.join(", ")];
  });
  return table(["exit", "meaning", "codes of errors", "statuses of the server"], rows);
}

const MEANINGS: Readonly<Record<string, string>> = {
  failed: "failed: every other error",
  notFound: "not found",
  unavailable: "unavailable, or timeout",
  checkFailed: "a check failed",
};
