import { copyUnfinished } from "../errors.ts";
import type { TransferMark } from "../transfer.ts";
import type { Client } from "./client.ts";
import type { InSchema } from "./schema.ts";

/** There only as long as a copy is being made into the schema: one record, the mark as JSON text. */
const TABLE = "{schema}.unfinished_copy";

type Session = Pick<Client, "unsafe">;

/** As part of a statement. */
export const IS_UNFINISHED = `to_regclass('${TABLE}') is not null`;

/** The mark of an unfinished copy; undefined when the schema is none. */
export async function readMark(session: Session, text: InSchema): Promise<TransferMark | undefined> {
  const [is] = await session.unsafe(text(`select ${IS_UNFINISHED} as yes`));
  if (is?.["yes"] !== true) return undefined;
  const [found] = await session.unsafe(text(`select mark from ${TABLE}`));
  return JSON.parse(String(found?.["mark"])) as TransferMark; // written by putMark
}

export async function putMark(session: Session, text: InSchema, mark: TransferMark): Promise<void> {
  await session.unsafe(text(`create table ${TABLE} (mark text not null)`));
  await session.unsafe(text(`insert into ${TABLE} values ($1)`), [JSON.stringify(mark)]);
}

/** In the transaction that finishes the copy. */
export async function dropMark(session: Session, text: InSchema): Promise<void> {
  await session.unsafe(text(`drop table ${TABLE}`));
}

/** Throws `copy-unfinished`, with the command that completes it. */
export async function refuseUnfinished(session: Session, text: InSchema): Promise<void> {
  const mark = await readMark(session, text);
  if (mark) throw copyUnfinished(`the copy of ${mark.from} is not complete yet; this completes it: ${mark.command}`);
}
