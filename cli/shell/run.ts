import type { ProcessLife } from "@daybook/foundation/host/process-life";
import type { Clock } from "@daybook/kernel/clock";
import { reportFailure } from "../failure.ts";
import { readSettings, type Settings } from "../settings.ts";
import { parseCall, type Call } from "./arguments.ts";
import type { Command, Flags } from "./command.ts";
import { commandHelp, programHelp } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** The world of one run of the program. */
export interface World {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly commands: readonly Command[];
  readonly version: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly process: ProcessLife;
}

/** Runs one call of the program; answers its exit code, or undefined while a command goes on by itself. */
export async function run(world: World): Promise<number> {
  const { terminal, words, commands } = world;
  try {
    return await carryOut(parseCall(words, commands), world);
  } catch (error) {
    return reportFailure(error, terminal, isJsonAsked(words));
  }
}

async function carryOut(call: Call, world: World): Promise<number> {
  const { terminal, commands } = world;
  switch (call.kind) {
    case "version":
      terminal.out(`${world.version}\n`);
      return 0;
    case "help":
      terminal.out(`${call.of ? commandHelp(call.of) : programHelp(ofNoun(commands, call.noun))}\n`);
      return 0;
    case "run":
      return runCommand(call, world);
  }
}

async function runCommand({ command, flags, operands }: Call & { readonly kind: "run" }, world: World): Promise<number> {
  const { terminal, clock, process } = world;
  const settings = settingsOf(flags, world.environment);
  const interruption = () => interruptionOf(process);
  const code = await command.run({ flags, operands, settings, terminal, clock, process, interruption });
  return code ?? 0;
}

const SETTINGS: Readonly<Record<string, keyof Settings>> = {
  port: "port",
  host: "host",
  data: "data",
  store: "store",
  cold: "cold",
  "archive-after": "archiveAfter",
  partners: "partners",
  "log-level": "logLevel",
  url: "url",
  token: "token",
};

function settingsOf(flags: Flags, environment: World["environment"]): Settings {
  const given = Object.entries(SETTINGS).map(([flag, setting]) => [setting, flags.text(flag)] as const);
  return readSettings(environment, Object.fromEntries(given));
}

function interruptionOf(process: ProcessLife): AbortSignal {
  const controller = new AbortController();
  let isAsked = false;
  const stop = () => {
    if (isAsked) process.exit(130);
    isAsked = true;
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
  return controller.signal;
}

function ofNoun(commands: readonly Command[], noun: string | undefined): readonly Command[] {
  return noun === undefined ? commands : commands.filter((command) => command.noun === noun);
}

function isJsonAsked(words: readonly string[]): boolean {
  return words.includes("--json") || words.includes("--jsonl");
}
