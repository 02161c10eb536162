import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { importOrdersCommand } from "./commands/import.ts";
import { keysRotateCommand } from "./commands/keys.ts";
import { orderCancelCommand, orderPlaceCommand } from "./commands/order-changes.ts";
import { orderGetCommand, orderLifeCommand, orderListCommand } from "./commands/order.ts";
import { projectionListCommand, projectionRebuildCommand } from "./commands/projection.ts";
import { startCommand } from "./commands/start.ts";
import { streamReadCommand, streamTailCommand } from "./commands/stream.ts";
import { verifyCommand } from "./commands/verify.ts";
import type { Command } from "./shell/command.ts";

/** Every command of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  orderPlaceCommand,
  orderGetCommand,
  orderListCommand,
  orderCancelCommand,
  orderLifeCommand,
  importOrdersCommand,
  streamReadCommand,
  streamTailCommand,
  projectionListCommand,
  projectionRebuildCommand,
  verifyCommand,
  keysRotateCommand,
  backupCommand,
  restoreCommand,
  doctorCommand,
  completionCommand(() => COMMANDS),
];
