import type { Flag, Operand } from "../shell/command.ts";

/** What may stand in the place of a value. */
export type Candidates =
  | { readonly kind: "files" | "folders" }
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** Nothing that a shell could know. */
  | { readonly kind: "free" };

/** Of a flag's value, or of an operand: by its own list, else by what its value is called. */
export function candidatesOf({ values, value }: Pick<Flag, "values" | "value">): Candidates {
  if (values) return { kind: "words", words: values };
  if (value === "FILE") return { kind: "files" };
  return value === "DIR" ? { kind: "folders" } : { kind: "free" };
}

export function operandCandidates({ name, values }: Operand): Candidates {
  return candidatesOf({ value: name, ...(values && { values }) });
}
