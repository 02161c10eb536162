import { nameOf, type Command } from "../shell/command.ts";
import { candidatesOf, operandCandidates, type Candidates } from "./candidates.ts";

/** Completion for bash 3.2 and later: `source <(daybook completion bash)`. */
export function bashCompletion(commands: readonly Command[]): string {
  const nouns = [...new Set(commands.map(({ noun }) => noun))];
  return `# bash completion of daybook: source <(daybook completion bash)
_daybook() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${[...nouns, "--help", "--version"].join(" ")}" -- "$cur"))
    return
  fi
  case "$command" in
${nouns.flatMap((noun) => verbCase(noun, commands)).join("\n")}
  esac
  case "$command $prev" in
${commands.flatMap(valueCases).join("\n")}
  esac
  if [[ "$cur" != -* ]]; then
    case "$command" in
${commands.flatMap(operandCase).join("\n")}
    esac
  fi
  case "$command" in
${commands.map(flagCase).join("\n")}
  esac
}
complete -F _daybook daybook
`;
}

function verbCase(noun: string, commands: readonly Command[]): readonly string[] {
  const verbs = commands.filter((command) => command.noun === noun).flatMap(({ verb }) => verb ?? []);
  if (verbs.length === 0) return [];
  return [
    `    ${noun})`,
    `      if ((COMP_CWORD == 2)); then ${reply({ kind: "words", words: verbs })}; return; fi`,
    `      command="${noun} \${COMP_WORDS[2]}" ;;`,
  ];
}

function valueCases(command: Command): readonly string[] {
  return command.flags
    .filter(({ value }) => value !== undefined)
    .map((flag) => `    "${nameOf(command)} --${flag.name}") ${reply(candidatesOf(flag))}; return ;;`);
}

/** The first operand is all that a command has. */
function operandCase(command: Command): readonly string[] {
  const [operand] = command.operands ?? [];
  if (!operand) return [];
  return [`      "${nameOf(command)}") ${reply(operandCandidates(operand))}; return ;;`];
}

function flagCase(command: Command): string {
  const words = [...command.flags.map(({ name }) => `--${name}`), "--help"];
  return `    "${nameOf(command)}") ${reply({ kind: "words", words })} ;;`;
}

function reply(candidates: Candidates): string {
  switch (candidates.kind) {
    case "files":
      return `compopt -o filenames 2>/dev/null || :; COMPREPLY=($(compgen -f -- "$cur"))`;
    case "folders":
      return `compopt -o filenames 2>/dev/null || :; COMPREPLY=($(compgen -d -- "$cur"))`;
    case "words":
      return `COMPREPLY=($(compgen -W "${candidates.words.join(" ")}" -- "$cur"))`;
    case "free":
      return ":";
  }
}
