import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../repository.ts";
import { readTree } from "../tidy/tree.ts";
import { betweenMarkers, type GeneratedDocument } from "./document.ts";
import { errorsDocument } from "./errors.ts";
import { layersDocument } from "./layers.ts";
import { limitsDocument } from "./limits.ts";

/** Writes every document that is made from the code; with `--check` only says which are out of date. */
const DOCUMENTS: readonly GeneratedDocument[] = [errorsDocument, limitsDocument, layersDocument];

const isCheck = process.argv.includes("--check");
const tree = readTree();
for (const document of DOCUMENTS) {
  const path = join(ROOT, document.path);
  const now = existsSync(path) ? readFileSync(path, "utf8") : "";
  const wanted = withBody(document, now, await document.render(tree));
  if (wanted === undefined) fail(`${document.path} lacks <!-- ${document.marker}:start --> and <!-- ${document.marker}:end -->`);
  else if (wanted !== now) update(document.path, path, wanted);
}

function withBody({ marker }: GeneratedDocument, now: string, body: string): string | undefined {
  return marker === undefined ? body : betweenMarkers(now, marker, body);
}

function update(name: string, path: string, text: string): void {
  if (isCheck) return fail(`${name} is not what the code says: run \`npm run docs\``);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${name}`);
}

function fail(reason: string): void {
  console.log(reason);
  process.exitCode = 1;
}
