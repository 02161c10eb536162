import type { Random } from "@daybook/kernel/random";

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/**
 * The traceparent of this request's own span (W3C Trace Context): in the caller's trace when `incoming` is valid, else
 * in a new one.
 */
export function traceparentFrom(incoming: string | undefined, random: Random): string {
  const parts = incoming === undefined ? undefined : partsOf(incoming);
  if (parts) return `00-${parts.trace}-${hex(random, 2)}-${parts.flags}`;
  const digits = hex(random, 6);
  return `00-${digits.slice(0, 32)}-${digits.slice(32)}-00`;
}

/** The trace id of a traceparent; empty without one. */
export function traceIdOf(traceparent: string | undefined): string {
  return traceparent?.slice(3, 35) ?? "";
}

function partsOf(text: string): { readonly trace: string; readonly flags: string } | undefined {
  const [, version, trace, span, flags, rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (trace === undefined || trace === NO_TRACE || span === NO_SPAN || flags === undefined) return undefined;
  return { trace, flags };
}

/** `words` random words of 8 digits each, none of them zero: neither is any id that is made of them. */
function hex(random: Random, words: number): string {
  const bytes = Buffer.allocUnsafe(4 * words);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(random.word() || 1, at);
  return bytes.toString("hex");
}
