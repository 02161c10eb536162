import { CodedError } from "@daybook/kernel/errors";

const REDACTED = "[redacted]";
const DEPTH_MAX = 6;
const ITEMS_MAX = 100;

/** Names of fields whose values nobody may read in a log: secrets, and what is personal. */
const SECRET_NAME =
  /passw|secret|token|credential|authori[sz]ation|cookie|api-?_?key|private-?_?key|master-?_?key|^pan$|^cvc$|^iban$/i;
const PERSONAL_NAME = /e-?mail|phone|^address$|street|birth|(first|last|full|given|family|customer)-?_?name|^contact$/i;
/** Forms of secrets wherever they stand: bearer tokens, our own tokens, JWTs, passwords in URLs. */
const SECRET_FORMS: readonly (readonly [RegExp, string])[] = [
  [/\bBearer\s+[A-Za-z0-9._~+/-]+=*/gi, `Bearer ${REDACTED}`],
  [/\bdbk_[A-Za-z0-9_-]+/g, REDACTED],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, REDACTED],
  [/(:\/\/[^\s:/@]*):[^\s@/]+@/g, `$1:${REDACTED}@`],
];

/** A copy of `value` that may be written to a log: secrets and personal fields replaced, errors as data, depth cut. */
export function redacted<T>(value: T): T {
  return copy(value, 0) as T; // same form; texts stay texts
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value === "string") return scrubbed(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_MAX) return "[deeper]";
  if (value instanceof Error) return errorFields(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => copy(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, isHidden(name) ? REDACTED : copy(field, depth + 1)]),
  );
}

function isHidden(name: string): boolean {
  return SECRET_NAME.test(name) || PERSONAL_NAME.test(name);
}

function scrubbed(text: string): string {
  return SECRET_FORMS.reduce((rest, [form, instead]) => rest.replace(form, instead), text);
}

function errorFields(error: Error, depth: number): Readonly<Record<string, unknown>> {
  const { code } = error as { readonly code?: unknown }; // node's errors and ours carry one
  return {
    type: error.name,
    ...(typeof code === "string" && { code }),
    message: scrubbed(error.message),
    ...(error instanceof CodedError && { details: copy(error.details, depth + 1) }),
    stack: scrubbed(error.stack ?? ""),
    ...(error.cause !== undefined && { cause: copy(error.cause, depth + 1) }),
  };
}
