import type { Command, Flag } from "../shell/command.ts";
import { candidatesOf, operandCandidates, type Candidates } from "./candidates.ts";

/** Completion for fish: `daybook completion fish | source`. */
export function fishCompletion(commands: readonly Command[]): string {
  const verbless = commands.filter(({ verb }) => verb === undefined);
  const nouns = [...new Set(commands.filter(({ verb }) => verb !== undefined).map(({ noun }) => noun))];
  return `# fish completion of daybook: daybook completion fish | source
function __daybook_has -d "Whether exactly these words stand behind daybook"
  set -l given (commandline -opc)
  test "$given[2..-1]" = "$argv"
end
function __daybook_runs -d "Whether the line begins with these words"
  set -l given (commandline -opc)
  set -l last (math (count $argv) + 1)
  test (count $given) -ge $last; and test "$given[2..$last]" = "$argv"
end
complete -c daybook -f
${verbless.map(({ noun, summary }) => `complete -c daybook -n __daybook_has -a ${noun} -d ${quoted(summary)}`).join("\n")}
${nouns.map((noun) => `complete -c daybook -n __daybook_has -a ${noun}`).join("\n")}
${commands.flatMap(commandLines).join("\n")}
`;
}

function commandLines({ noun, verb, summary, operands = [], flags }: Command): readonly string[] {
  const runs = `-n ${quoted(["__daybook_runs", noun, ...(verb === undefined ? [] : [verb])].join(" "))}`;
  const [operand] = operands;
  return [
    ...(verb === undefined ? [] : [`complete -c daybook -n ${quoted(`__daybook_has ${noun}`)} -a ${verb} -d ${quoted(summary)}`]),
    ...(operand ? operandLine(runs, operandCandidates(operand)) : []),
    ...flags.map((flag) => flagLine(runs, flag)),
  ];
}

function operandLine(runs: string, candidates: Candidates): readonly string[] {
  const offered = offer(candidates);
  return offered === "" ? [] : [`complete -c daybook ${runs} ${offered}`];
}

function flagLine(runs: string, flag: Flag): string {
  const value = flag.value === undefined ? "" : ` ${valueOf(candidatesOf(flag))}`;
  return `complete -c daybook ${runs} -l ${flag.name}${value} -d ${quoted(flag.summary)}`;
}

/** A value is needed; files are offered only where it is one. */
function valueOf(candidates: Candidates): string {
  return candidates.kind === "files" ? "-r -F" : `-x ${offer(candidates)}`.trim();
}

function offer(candidates: Candidates): string {
  switch (candidates.kind) {
    case "files":
      return "-F";
    case "folders":
      return `-a '(__fish_complete_directories)'`;
    case "words":
      return `-a ${quoted(candidates.words.join(" "))}`;
    case "free":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}
