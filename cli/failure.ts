import { storeIoFailed } from "@daybook/data/store/errors";
import { CodedError, errorCode, messageOf } from "@daybook/kernel/errors";
import {
  accessDenied,
  addressUnusable,
  fileUnreadable,
  folderUnusable,
  databaseUnreachable,
  portInUse,
  unexpected,
  usageInvalid,
} from "./errors.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { ServerProblem } from "./connection/server-problem.ts";
import type { Terminal } from "./shell/terminal.ts";

/** Says on `terminal` what went wrong, why, and what to do next; answers the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, isJson: boolean): number {
  const failure = explained(error);
  const exit = failure instanceof ServerProblem ? failure.exitCode : exitCodeOf(failure.code);
  const { code, message, advice, details } = failure;
  if (isJson) terminal.err(`${JSON.stringify({ error: { code, message, advice, details, exit } })}\n`);
  else terminal.err(`daybook: ${message} (${code})\n  ${advice}\n`);
  return exit;
}

/** Codes of node's and PostgreSQL's errors → ours. */
const SYSTEM: readonly (readonly [codes: readonly string[], explain: (message: string, cause: unknown) => CodedError])[] = [
  [["EADDRINUSE"], (_, cause) => portInUse(`${addressOf(cause)} is taken by another program`, { cause })],
  [["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "EINVAL"], (message, cause) => addressUnusable(message, { cause })],
  [["EACCES", "EPERM", "EROFS"], (message, cause) => accessDenied(message, { cause })],
  [["28P01", "28000"], (message, cause) => accessDenied(`PostgreSQL: ${message}`, { cause })],
  [["42501"], (message, cause) => accessDenied(`PostgreSQL: ${message}`, { cause })],
  [["57P01", "57P02", "57P03", "53300"], (message, cause) => databaseUnreachable(`PostgreSQL: ${message}`, { cause })],
  [["53100", "58030", "ENOSPC", "EIO"], (message, cause) => storeIoFailed(`nothing can be written: ${message}`, { cause })],
  [["3D000"], (message, cause) => databaseUnreachable(`PostgreSQL: ${message}`, { cause })],
  [["ERR_INVALID_URL"], (_, cause) => usageInvalid("the address of --store or --url is no URL", { cause })],
  [["EEXIST", "ENOTDIR"], (message, cause) => folderUnusable(message, { cause })],
  [["ENOENT", "EISDIR", "ENAMETOOLONG", "ELOOP"], (message, cause) => fileUnreadable(message, { cause })],
  [
    ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "CONNECT_TIMEOUT", "CONNECTION_CLOSED"],
    unreachable,
  ],
];

/** The coded error that a reader needs to see: the cause of a failed start, the meaning of what the system refused. */
export function explained(error: unknown): CodedError {
  if (errorCode(error) === "start-failed" && error instanceof Error && error.cause !== undefined) return explained(error.cause);
  if (error instanceof CodedError) return error.code === "key-file-invalid" ? deniedKey(error) : error;
  const code = systemCode(error);
  if (code === "ENOENT" && isOfMakingFolder(error)) return folderUnusable(messageOf(error), { cause: error });
  const entry = SYSTEM.find(([codes]) => codes.includes(code));
  return entry ? entry[1](messageOf(error), error) : unexpected(messageOf(error), { cause: error });
}

/** A key that this user may not read or make is a matter of access. */
function deniedKey(error: CodedError): CodedError {
  const isDenied = ["EACCES", "EPERM", "EROFS"].includes(systemCode(error.cause));
  return isDenied ? accessDenied(error.message, { cause: error }) : error;
}

function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function isOfMakingFolder(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && ["mkdir", "mkdtemp"].includes(String(error.syscall));
}

function addressOf(error: unknown): string {
  const { address, port } = error as { readonly address?: string; readonly port?: number }; // node's listen errors have both
  return `${address ?? "the address"}:${port ?? "?"}`;
}

function unreachable(message: string, cause: unknown): CodedError {
  return databaseUnreachable(message, { cause });
}
