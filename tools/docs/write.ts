import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tree } from "../tidy/rule.ts";
import { betweenMarkers, type GeneratedDocument } from "./document.ts";

/** What became of a document: `missing` when its markers are not there. */
export type DocumentState = "current" | "outdated" | "written" | "missing";

/** Brings a document up to date, or, when `isCheck`, only says whether it is. */
export async function writeDocument(
  document: GeneratedDocument,
  tree: Tree,
  options: { readonly root: string; readonly isCheck: boolean },
): Promise<DocumentState> {
  const path = join(options.root, document.path);
  const now = existsSync(path) ? readFileSync(path, "utf8") : "";
  const body = await document.render(tree);
  const wanted = document.marker === undefined ? body : betweenMarkers(now, document.marker, body);
  if (wanted === undefined) return "missing";
  if (wanted === now) return "current";
  if (options.isCheck) return "outdated";
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, wanted);
  return "written";
}
