import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "@daybook/kernel/errors";
import { ROOT } from "../repository.ts";
import type { GeneratedDocument } from "./document.ts";

const INCLUDE = /<!-- include: (\S+) -->\n(?:```\w*\n[^]*?\n```\n)?/g;

/** A document written by hand whose blocks of code are files that run: each stands behind its `<!-- include: path -->`. */
export function includingDocument(path: string, root: string = ROOT): GeneratedDocument {
  return { path, render: () => withIncludes(readFileSync(join(root, path), "utf8"), root) };
}

/** `text` with every included block as its file is now. */
function withIncludes(text: string, root: string): string {
  return text.replaceAll(INCLUDE, (_, path: string) => {
    assert(existsSync(join(root, path)), `${path} is included and exists`);
    const code = readFileSync(join(root, path), "utf8").trimEnd();
    assert(!code.includes("```"), `${path} can stand in a block`);
    return `<!-- include: ${path} -->\n\`\`\`${path.slice(path.lastIndexOf(".") + 1)}\n${code}\n\`\`\`\n`;
  });
}
