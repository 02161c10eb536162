import { timeText, type Clock } from "../clock.ts";
import type { GatheredFile } from "../file/gathered-file.ts";

export interface Mail {
  readonly messageId: string | undefined;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  /** Bytes of the whole message. */
  readonly size: number;
  /** Head and body; of a large mail only the begin. */
  readonly text: string;
}

/** The accepted mails in the file. */
export interface Mails {
  /** Answers the mail's number. */
  add(mail: Mail): number;
  page(after: number, limit: number): readonly object[];
}

export function mails(file: GatheredFile, clock: Clock): Mails {
  const insert = file.prepare("INSERT INTO mails VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)");
  const page = file.prepare("SELECT * FROM mails WHERE n > ? ORDER BY n LIMIT ?");
  return {
    add({ messageId, sender, recipients, subject, size, text }) {
      const about = [messageId ?? null, sender, JSON.stringify(recipients), subject, size, text];
      return Number(insert.run(...about, clock.now()).lastInsertRowid);
    },
    page: (after, limit) => page.all(after, limit).map(viewOf),
  };
}

function viewOf(row: Readonly<Record<string, unknown>>): object {
  const recipients: unknown = JSON.parse(String(row["recipients"]));
  return {
    n: row["n"],
    at: timeText(Number(row["at"])),
    messageId: row["message_id"],
    from: row["sender"],
    to: recipients,
    subject: row["subject"],
    size: row["size"],
    text: row["body"],
  };
}
