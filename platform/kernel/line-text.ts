import { z } from "zod";

/** One line of a person's text: trimmed, 1 to `charactersMax` characters, none of them a control character. */
export function lineText(charactersMax: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(charactersMax)
    .regex(/^\P{Cc}*$/u, "no line breaks and other control characters");
}
