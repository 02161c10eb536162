/** The head fields of a mail that the sandbox notes (RFC 5322), folded lines joined, encoded words left as they are. */
export interface MessageHead {
  readonly messageId: string | undefined;
  readonly subject: string;
}

export function messageHead(text: string): MessageHead {
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const head = text.slice(0, end).replace(/\r?\n[ \t]+/g, " ");
  return { messageId: fieldOf(head, "message-id"), subject: fieldOf(head, "subject") ?? "" };
}

function fieldOf(head: string, name: string): string | undefined {
  const line = head.split(/\r?\n/).find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
