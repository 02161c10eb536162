import { hash } from "node:crypto";

/** SHA-256 of `text` in UTF-8, as lower-case hex. */
export function digestHex(text: string): string {
  return hash("sha256", text, "hex");
}
