import { importOrdersCommand } from "./commands/import.ts";
import { startCommand } from "./commands/start.ts";
import type { Command } from "./shell/command.ts";

/** Every command of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [startCommand, importOrdersCommand];
