import { ROOT } from "../repository.ts";
import { readTree } from "../tidy/tree.ts";
import type { GeneratedDocument } from "./document.ts";
import { apiDocument } from "./api.ts";
import { cliDocument } from "./cli.ts";
import { configurationDocument } from "./configuration.ts";
import { errorsDocument } from "./errors.ts";
import { eventsDocument } from "./events.ts";
import { guaranteesDocument } from "./guarantees.ts";
import { includingDocument } from "./included.ts";
import { layersDocument } from "./layers.ts";
import { limitsDocument } from "./limits.ts";
import { orderStatesDocument } from "./order-states.ts";
import { paymentStatesDocument } from "./payment-states.ts";
import { writeDocument } from "./write.ts";

/** Writes every document that is made from the code; with `--check` says which are out of date, exit code 1. */
const DOCUMENTS: readonly GeneratedDocument[] = [
  errorsDocument,
  limitsDocument,
  guaranteesDocument,
  layersDocument,
  orderStatesDocument,
  paymentStatesDocument,
  cliDocument,
  configurationDocument,
  apiDocument,
  eventsDocument,
  includingDocument("docs/tutorial.md"),
  includingDocument("docs/temporal.md"),
];

const isCheck = process.argv.includes("--check");
const tree = readTree();
for (const document of DOCUMENTS) {
  const state = await writeDocument(document, tree, { root: ROOT, isCheck });
  if (state === "written") console.log(`wrote ${document.path}`);
  if (state === "outdated") console.log(`${document.path} is not what the code says: run \`npm run docs\``);
  if (state === "missing")
    console.log(`${document.path} lacks the lines <!-- ${document.marker}:start --> and <!-- ${document.marker}:end -->`);
  if (state === "outdated" || state === "missing") process.exitCode = 1;
}
