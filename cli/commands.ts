import { backupCommand, restoreCommand } from "./commands/backup.ts";
import {
  accountCloseCommand,
  accountDepositCommand,
  accountGetCommand,
  accountListCommand,
  accountOpenCommand,
  accountWithdrawCommand,
} from "./commands/account.ts";
import { archiveListCommand, archiveRunCommand } from "./commands/archive.ts";
import { completionCommand } from "./commands/completion.ts";
import { copyCommand } from "./commands/copy.ts";
import {
  customerPasswordCommand,
  customerPreferencesCommand,
  customerRolesCommand,
  customerUpdateCommand,
} from "./commands/customer-changes.ts";
import {
  customerActivateCommand,
  customerDeactivateCommand,
  customerDeleteCommand,
  customerGetCommand,
  customerListCommand,
  customerRegisterCommand,
  customerSearchCommand,
} from "./commands/customer.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { importOrdersCommand, importSchemaCommand } from "./commands/import.ts";
import { keysRotateCommand } from "./commands/keys.ts";
import { orderCancelCommand, orderPlaceCommand } from "./commands/order-changes.ts";
import {
  orderAddItemCommand,
  orderChoosePaymentCommand,
  orderHoldCommand,
  orderReleaseCommand,
} from "./commands/order-progress.ts";
import { orderGetCommand, orderLifeCommand, orderListCommand } from "./commands/order.ts";
import {
  productGetCommand,
  productListCommand,
  productPriceCommand,
  productPutCommand,
  productRecommendCommand,
  productSearchCommand,
} from "./commands/product.ts";
import { projectionListCommand, projectionRebuildCommand } from "./commands/projection.ts";
import {
  queueListCommand,
  queuePeekCommand,
  queueDeadCommand,
  queueRedriveCommand,
  queuePauseCommand,
  queueResumeCommand,
} from "./commands/queue.ts";
import {
  questionCompareCommand,
  questionComparisonsCommand,
  questionGetCommand,
  questionListCommand,
  questionResolveCommand,
  questionTakeCommand,
} from "./commands/question.ts";
import {
  returnAcceptCommand,
  returnGetCommand,
  returnListCommand,
  returnReceiveCommand,
  returnRejectCommand,
  returnRequestCommand,
} from "./commands/return.ts";
import { startCommand } from "./commands/start.ts";
import { stockGetCommand, stockReceiveCommand, stockWriteOffCommand } from "./commands/stock.ts";
import { streamReadCommand, streamTailCommand } from "./commands/stream.ts";
import {
  subscriptionDropCommand,
  subscriptionListCommand,
  subscriptionParkedCommand,
  subscriptionRedriveCommand,
} from "./commands/subscription.ts";
import { verifyCommand } from "./commands/verify.ts";
import {
  workflowListCommand,
  workflowGetCommand,
  workflowHistoryCommand,
  workflowSignalCommand,
  workflowCancelCommand,
  workflowPauseCommand,
  workflowResumeCommand,
  workflowTerminateCommand,
  workflowResetCommand,
} from "./commands/workflow.ts";
import type { Command } from "./shell/command.ts";

/** Every command of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  orderPlaceCommand,
  orderGetCommand,
  orderListCommand,
  orderAddItemCommand,
  orderChoosePaymentCommand,
  orderHoldCommand,
  orderReleaseCommand,
  orderCancelCommand,
  orderLifeCommand,
  returnRequestCommand,
  returnListCommand,
  returnGetCommand,
  returnAcceptCommand,
  returnRejectCommand,
  returnReceiveCommand,
  customerRegisterCommand,
  customerGetCommand,
  customerListCommand,
  customerSearchCommand,
  customerUpdateCommand,
  customerPreferencesCommand,
  customerRolesCommand,
  customerPasswordCommand,
  customerDeactivateCommand,
  customerActivateCommand,
  customerDeleteCommand,
  productListCommand,
  productSearchCommand,
  productGetCommand,
  productRecommendCommand,
  productPutCommand,
  productPriceCommand,
  stockGetCommand,
  stockReceiveCommand,
  stockWriteOffCommand,
  accountOpenCommand,
  accountGetCommand,
  accountListCommand,
  accountDepositCommand,
  accountWithdrawCommand,
  accountCloseCommand,
  importOrdersCommand,
  importSchemaCommand,
  streamReadCommand,
  streamTailCommand,
  projectionListCommand,
  projectionRebuildCommand,
  questionListCommand,
  questionGetCommand,
  questionTakeCommand,
  questionResolveCommand,
  questionCompareCommand,
  questionComparisonsCommand,
  workflowListCommand,
  workflowGetCommand,
  workflowHistoryCommand,
  workflowSignalCommand,
  workflowCancelCommand,
  workflowPauseCommand,
  workflowResumeCommand,
  workflowTerminateCommand,
  workflowResetCommand,
  queueListCommand,
  queuePeekCommand,
  queueDeadCommand,
  queueRedriveCommand,
  queuePauseCommand,
  queueResumeCommand,
  subscriptionListCommand,
  subscriptionParkedCommand,
  subscriptionRedriveCommand,
  subscriptionDropCommand,
  verifyCommand,
  keysRotateCommand,
  archiveRunCommand,
  archiveListCommand,
  backupCommand,
  restoreCommand,
  copyCommand,
  doctorCommand,
  completionCommand(() => COMMANDS),
];
