import { nameOf, type Command, type Flag } from "../shell/command.ts";
import { candidatesOf, operandCandidates, type Candidates } from "./candidates.ts";

/** Completion for zsh: `source <(daybook completion zsh)`, or as a file `_daybook` in a folder of `fpath`. */
export function zshCompletion(commands: readonly Command[]): string {
  const nouns = [...new Set(commands.map(({ noun }) => noun))];
  return `#compdef daybook
_daybook() {
  local command="$words[2]"
  if ((CURRENT == 2)); then
    local -a nouns=(${nouns.map((noun) => described(noun, summaryOf(noun, commands))).join(" ")})
    _describe command nouns
    return
  fi
  case "$command" in
${nouns.flatMap((noun) => verbCase(noun, commands)).join("\n")}
  esac
  shift words
  ((CURRENT--))
  case "$command" in
${commands.map(argumentsCase).join("\n")}
  esac
}
if [[ "$funcstack[1]" == _daybook ]]; then _daybook "$@"; else compdef _daybook daybook; fi
`;
}

function summaryOf(noun: string, commands: readonly Command[]): string {
  const own = commands.filter((command) => command.noun === noun);
  return own.length === 1 && own[0]?.verb === undefined ? (own[0]?.summary ?? "") : own.map(({ verb }) => verb).join(", ");
}

function verbCase(noun: string, commands: readonly Command[]): readonly string[] {
  const own = commands.filter((command) => command.noun === noun && command.verb !== undefined);
  if (own.length === 0) return [];
  return [
    `    ${noun})`,
    `      if ((CURRENT == 3)); then`,
    `        local -a verbs=(${own.map(({ verb, summary }) => described(verb ?? "", summary)).join(" ")})`,
    "        _describe verb verbs",
    "        return",
    "      fi",
    `      command="${noun} $words[3]"`,
    "      shift words",
    "      ((CURRENT--)) ;;",
  ];
}

function argumentsCase(command: Command): string {
  const operands = (command.operands ?? []).map((operand, index) => {
    return quoted(`${index + 1}:${escaped(operand.summary)}:${action(operandCandidates(operand))}`);
  });
  const flags = command.flags.map(flagSpec);
  return `    "${nameOf(command)}") _arguments ${[...operands, ...flags, quoted("--help[Show its help]")].join(" ")} ;;`;
}

function flagSpec(flag: Flag): string {
  const repeated = flag.isRepeated === true ? "*" : "";
  const value = flag.value === undefined ? "" : `:${escaped(flag.value)}:${action(candidatesOf(flag))}`;
  return quoted(`${repeated}--${flag.name}[${escaped(flag.summary)}]${value}`);
}

function action(candidates: Candidates): string {
  switch (candidates.kind) {
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "words":
      return `(${candidates.words.join(" ")})`;
    case "free":
      return "";
  }
}

function described(word: string, summary: string): string {
  return quoted(`${word}:${summary}`);
}

/** Brackets and colons divide a specification. */
function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, (character) => `\\${character}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
