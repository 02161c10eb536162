import { errorDefinitions } from "../tidy/rules/error-codes.ts";
import { table, type GeneratedDocument } from "./document.ts";

/** docs/errors.md: every code that the program can answer with. */
export const errorsDocument: GeneratedDocument = {
  path: "docs/errors.md",
  render(tree) {
    const { defined } = errorDefinitions(tree);
    const rows = defined
      .toSorted((a, b) => (a.code < b.code ? -1 : 1))
      .map(({ code, retryable, advice, path }) => [`\`${code}\``, retryable ? "yes" : "no", advice, `\`${path}\``]);
    return `# Errors

Every operating failure has a stable code. Compare by it, never by the text. *Retry* says whether the same call may succeed
later without a change. A refused business decision is no error: it is a value in the answer.

Made by \`npm run docs\` from the definitions.

${table(["code", "retry", "what to do", "defined in"], rows)}
`;
  },
};
