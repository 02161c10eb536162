import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { syntheticInvoices, syntheticLines } from "../../shop/import/synthetic-year.ts";
import { ROOT } from "../../tools/repository.ts";

export const MAPPINGS = join(ROOT, "shop/import/mappings");

/** The two files of real orders: from DAYBOOK_DATA, else beside the repository, else a synthetic year in `scratch`. */
export function orderFiles(scratch: string): { readonly lines: string; readonly invoices: string; readonly which: string } {
  const given = process.env["DAYBOOK_DATA"];
  const folder = given ?? resolve(ROOT, "../shared/data");
  const lines = join(folder, "online-retail-lines.csv");
  const invoices = join(folder, "online-retail-invoices.csv");
  if (existsSync(lines) && existsSync(invoices)) return { lines, invoices, which: `real orders in ${folder}` };
  mkdirSync(scratch, { recursive: true });
  const made = { lines: join(scratch, "online-retail-lines.csv"), invoices: join(scratch, "online-retail-invoices.csv") };
  writeFileSync(made.lines, syntheticLines({ seed: 1, invoices: 500 }));
  writeFileSync(made.invoices, syntheticInvoices({ seed: 2, invoices: 5_000 }));
  return { ...made, which: "a synthetic year" };
}
