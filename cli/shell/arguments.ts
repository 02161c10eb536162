import { usageInvalid } from "../errors.ts";
import { nameOf, type Command, type Flag, type Flags } from "./command.ts";

/** A call of the program, taken apart. */
export type Call =
  | { readonly kind: "help"; readonly of: Command | undefined; readonly noun: string | undefined }
  | { readonly kind: "version" }
  | {
      readonly kind: "run";
      readonly command: Command;
      readonly flags: Flags;
      readonly operands: Readonly<Record<string, string>>;
    };

/** Takes the program's arguments apart by the table of commands. Throws `usage-invalid`. */
export function parseCall(words: readonly string[], commands: readonly Command[]): Call {
  const [first, second] = words;
  if (first === "--version") return { kind: "version" };
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    return { kind: "help", of: undefined, noun: undefined };
  }
  const ofNoun = commands.filter(({ noun }) => noun === first);
  if (ofNoun.length === 0) throw usageInvalid(`"${shown(first)}" is no command${nearest(first, commands)}`);
  const command = ofNoun.find(({ verb }) => verb === undefined || verb === second);
  if (!command) return withoutVerb(first, second, ofNoun);
  const rest = words.slice(command.verb === undefined ? 1 : 2);
  if (isHelpAsked(rest)) return { kind: "help", of: command, noun: first };
  return { kind: "run", command, ...parseRest(rest, command) };
}

function withoutVerb(noun: string, verb: string | undefined, ofNoun: readonly Command[]): Call {
  if (verb === "--help" || verb === "-h") return { kind: "help", of: undefined, noun };
  const verbs = ofNoun.map((command) => command.verb).join(", ");
  throw usageInvalid(
    verb === undefined ? `${noun} what? One of: ${verbs}` : `"${shown(verb)}" is nothing that ${noun} does; one of: ${verbs}`,
  );
}

function isHelpAsked(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end).some((word) => word === "--help" || word === "-h");
}

interface Rest {
  readonly flags: Flags;
  readonly operands: Readonly<Record<string, string>>;
}

function parseRest(words: readonly string[], command: Command): Rest {
  const given = new Map<string, string[]>();
  const free: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      free.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      free.push(word);
      continue;
    }
    const { flag, value } = flagOf(word, command);
    const text = flag.value === undefined ? "" : (value ?? words[++at]);
    addFlag(given, flag, text);
  }
  return { flags: flagsOf(given, command), operands: operandsOf(free, command) };
}

function flagOf(word: string, command: Command): { readonly flag: Flag; readonly value: string | undefined } {
  const equals = word.indexOf("=");
  const name = (equals < 0 ? word : word.slice(0, equals)).replace(/^--?/, "");
  const flag = word.startsWith("--") ? command.flags.find((each) => each.name === name) : undefined;
  if (!flag) throw usageInvalid(`${nameOf(command)} has no flag ${shown(equals < 0 ? word : word.slice(0, equals))}`);
  if (equals >= 0 && flag.value === undefined) throw usageInvalid(`--${name} takes no value`);
  return { flag, value: equals < 0 ? undefined : word.slice(equals + 1) };
}

function addFlag(given: Map<string, string[]>, flag: Flag, text: string | undefined): void {
  const { name, range } = flag;
  if (text === undefined || (flag.value !== undefined && text === ""))
    throw usageInvalid(`--${name} needs a value: ${flag.value}`);
  if (flag.value !== undefined && text.startsWith("--")) throw usageInvalid(`--${name} needs a value: ${flag.value}`);
  if (range && !isWithin(text, range)) {
    throw usageInvalid(`--${name} is a whole number from ${range[0]} to ${range[1]}, not "${shown(text)}"`);
  }
  const before = given.get(name);
  if (before && flag.isRepeated !== true && flag.value !== undefined) throw usageInvalid(`--${name} is given twice`);
  given.set(name, [...(before ?? []), text]);
}

function isWithin(text: string, [least, most]: readonly [number, number]): boolean {
  return /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most;
}

function flagsOf(given: ReadonlyMap<string, readonly string[]>, command: Command): Flags {
  const known = (name: string) => {
    const flag = command.flags.find((each) => each.name === name);
    return flag ? given.get(name) : undefined;
  };
  return {
    isSet: (name) => known(name) !== undefined,
    text: (name) => known(name)?.at(-1),
    texts: (name) => known(name) ?? [],
    number(name) {
      const text = known(name)?.at(-1);
      return text === undefined ? undefined : Number(text);
    },
  };
}

function operandsOf(free: readonly string[], command: Command): Readonly<Record<string, string>> {
  const wanted = command.operands ?? [];
  const missing = wanted.slice(free.length).find(({ isOptional }) => isOptional !== true);
  if (missing) throw usageInvalid(`${nameOf(command)} needs ${missing.name}: ${missing.summary}`);
  if (free.length > wanted.length) throw usageInvalid(`${nameOf(command)} takes no "${shown(free[wanted.length] ?? "")}"`);
  const empty = wanted.find((_, index) => free[index] === "");
  if (empty) throw usageInvalid(`${empty.name} is empty`);
  return Object.fromEntries(free.map((text, index) => [wanted[index]?.name ?? "", text]));
}

/** What somebody typed, as it may stand in a message. */
function shown(text: string): string {
  return text.slice(0, 60).replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

function nearest(word: string, commands: readonly Command[]): string {
  const near = commands.find(({ noun }) => noun.startsWith(word) || word.startsWith(noun) || noun.startsWith(word.slice(0, 3)));
  return near ? `; did you mean "${near.noun}"?` : "";
}
