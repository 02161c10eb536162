import { LIMITS } from "@daybook/data/store/limits";
import { table, type GeneratedDocument } from "./document.ts";

/** docs/limits.md: what the store refuses, and by which name. */
export const limitsDocument: GeneratedDocument = {
  path: "docs/limits.md",
  render() {
    const rows = Object.entries(LIMITS).map(([name, limit]) => [`\`${name}\``, sizeOf(name, limit)]);
    return `# Limits

What is larger is refused with \`limit-exceeded\` (or, for what is waiting, \`store-busy\`), and the message names the limit. Sizes
are bytes of UTF-8.

Made by \`npm run docs\` from \`platform/data/store/limits.ts\`.

${table(["limit", "at most"], rows)}

A workflow's history is made shorter after 10,000 records or 2 MiB, and again each time that it is twice as long: platform/workflow.

An import has no limit of its own, but keeps a survey of its file and the rejected rows in memory: docs/import.md.
`;
  },
};

function sizeOf(name: string, limit: number): string {
  if (!name.endsWith("Bytes") || limit < 1024) return limit.toLocaleString("en");
  return limit < 1024 * 1024 ? `${limit / 1024} KiB` : `${limit / 1024 / 1024} MiB`;
}
