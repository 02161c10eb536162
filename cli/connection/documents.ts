import { z } from "zod";
import { answerUnreadable } from "../errors.ts";
import type { Fields } from "../shell/output.ts";

const documentSchema = z.record(z.string(), z.unknown());

/** An answer's body as one document. */
export function readDocument(body: unknown): Fields {
  const parsed = documentSchema.safeParse(body);
  if (!parsed.success) throw answerUnreadable("the server answers something that is no document");
  return parsed.data;
}

/** The list `name` of an answer's body, and where its next page starts. */
export function readList(body: unknown, name: string): { readonly records: readonly Fields[]; readonly next?: string } {
  const document = readDocument(body);
  const records = z.array(documentSchema).safeParse(document[name]);
  if (!records.success) throw answerUnreadable(`the server's answer has no list of ${name}`);
  const { next } = document;
  return typeof next === "string" ? { records: records.data, next } : { records: records.data };
}
