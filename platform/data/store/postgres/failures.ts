import postgres from "postgres";
import { MUST_JOIN } from "./join.ts";

/** Codes of a connection that was never made, so that nothing was sent over it. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "CONNECT_TIMEOUT"]);

/**
 * Whether a batch that failed like this surely changed nothing: the server rolled it back, or never had it. An end of
 * the session says nothing, because it may have come between the commit and its answer.
 */
export function surelyNothingHappened(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return !isEndOfSession(error) || isRefusedConnection(error);
  return NOT_CONNECTED.has(codeOf(error));
}

/** The commit was refused whole: its fence is not the log's, or the log began another life. */
export function mustJoin(error: unknown): boolean {
  return codeOf(error) === MUST_JOIN;
}

function isEndOfSession(error: postgres.PostgresError): boolean {
  return error.severity === "FATAL" || error.severity === "PANIC" || error.code.startsWith("57P") || error.code.startsWith("08");
}

/** Starting up or shutting down, too many connections, wrong password, no such database: told before anything is sent. */
function isRefusedConnection(error: postgres.PostgresError): boolean {
  return ["57P03", "53300", "28000", "28P01", "3D000"].includes(error.code);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
