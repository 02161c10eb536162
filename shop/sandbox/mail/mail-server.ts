import { hash } from "node:crypto";
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { sleep } from "../clock.ts";
import type { Fate } from "../control/conduct.ts";
import type { Settings } from "../file/settings.ts";
import { listen, listenAgain } from "../http/ports.ts";
import type { World } from "../world.ts";
import { messageHead } from "./message-head.ts";
import type { Mail, Mails } from "./mails.ts";

/** An SMTP server that keeps what it accepts. */
export interface MailServer {
  readonly port: number;
  /** While it is closed connections are refused. Closing cuts those that there are; opened again it has its old port. */
  setOpen(isOpen: boolean): Promise<void>;
}

export interface MailServerOptions {
  readonly world: World;
  readonly mails: Mails;
  readonly settings: Settings;
  readonly port: number;
}

const MESSAGE_BYTES_MAX = 1024 * 1024;
const KEPT_BYTES_MAX = 64 * 1024;
const IDLE_MS_MAX = 600_000;

/** A reply that is no 250. */
class MailReply extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

const REPLIES = {
  unavailable: new MailReply(451, "4.3.0 Try again later"),
  rejected: new MailReply(550, "5.7.1 Not wanted here"),
  away: new MailReply(421, "4.3.2 Not available"),
  large: new MailReply(552, "5.3.4 Too large"),
  failed: new MailReply(451, "4.3.0 The sandbox failed"),
};

export async function mailServer({ world, mails, settings, port }: MailServerOptions): Promise<MailServer> {
  const sockets = new Map<number, Socket>();
  const smtp = new SMTPServer({
    logger: false,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    size: MESSAGE_BYTES_MAX,
    socketTimeout: IDLE_MS_MAX,
    onConnect: (_session, done) => done(world.conduct.current.mail.away === "no" ? undefined : REPLIES.away),
    onData: (stream, session, done) => void answer(stream, session, done),
  });

  async function answer(
    stream: AsyncIterable<Buffer>,
    session: SMTPServerSession,
    done: (reply?: MailReply) => void,
  ): Promise<void> {
    const reply = await replyTo(stream, session, { world, mails });
    if (reply === "cut") sockets.get(session.remotePort)?.destroy();
    else done(reply);
  }

  smtp.on("error", () => {}); // of one connection: its client has seen it, too
  smtp.server.on("connection", (socket: Socket) => {
    const { remotePort = 0 } = socket;
    sockets.set(remotePort, socket);
    socket.on("close", () => sockets.get(remotePort) === socket && sockets.delete(remotePort));
  });
  const own = await listenAgain(smtp.server, "smtp", port, settings);
  return {
    port: own,
    async setOpen(isOpen) {
      if (isOpen === smtp.server.listening) return;
      if (isOpen) await listen(smtp.server, own);
      else await closed(smtp, sockets);
    },
  };
}

function closed(smtp: SMTPServer, sockets: ReadonlyMap<number, Socket>): Promise<void> {
  return new Promise((resolve) => {
    smtp.server.close(() => resolve());
    for (const socket of sockets.values()) socket.destroy();
  });
}

interface Message {
  /** The begin, as much as is kept. */
  readonly bytes: Buffer;
  readonly size: number;
}

async function received(stream: AsyncIterable<Buffer>): Promise<Message> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (size < KEPT_BYTES_MAX) chunks.push(chunk);
    size += chunk.length;
  }
  return { bytes: Buffer.concat(chunks), size };
}

interface MailDesk {
  readonly world: World;
  readonly mails: Mails;
}

type Reply = "cut" | MailReply | undefined;

/** What is said to the client; undefined for 250. */
async function replyTo(stream: AsyncIterable<Buffer>, session: SMTPServerSession, desk: MailDesk): Promise<Reply> {
  try {
    return await taken(await received(stream), session, desk);
  } catch {
    return REPLIES.failed;
  }
}

async function taken(message: Message, session: SMTPServerSession, { world, mails }: MailDesk): Promise<Reply> {
  const fate = world.conduct.fateOf("mail");
  if (fate.latencyMs > 0) await sleep(world.clock, fate.latencyMs);
  const verdict = message.size > MESSAGE_BYTES_MAX ? "large" : fate.course;
  const isCut = fate.isLost || verdict === "cut";
  await world.file.change(() => note(mailOf(message, session), { verdict, isCut }, { world, mails }));
  if (isCut) return "cut";
  return verdict === "served" ? undefined : REPLIES[verdict];
}

function mailOf({ bytes, size }: Message, { envelope }: SMTPServerSession): Mail {
  const text = bytes.subarray(0, KEPT_BYTES_MAX).toString("utf8");
  const sender = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  return { ...messageHead(text), sender, recipients: envelope.rcptTo.map(({ address }) => address), size, text };
}

interface Handling {
  readonly verdict: Fate["course"] | "large";
  readonly isCut: boolean;
}

function note(mail: Mail, { verdict, isCut }: Handling, { world, mails }: MailDesk): void {
  const attempt = {
    partner: "mail",
    operation: "accept",
    key: mail.messageId,
    digest: hash("sha256", mail.text, "base64url"),
  } as const;
  const subject = verdict === "served" ? world.ids.of("ml", mails.add(mail)) : undefined;
  const result = { isEffect: verdict === "served", subject, reference: mail.recipients.join(",") };
  world.journal.record({ ...attempt, isLost: isCut }, { ...result, ...OUTCOMES[verdict] });
}

const OUTCOMES = {
  served: { outcome: "done", status: 250 },
  unavailable: { outcome: "unavailable", status: 451 },
  rejected: { outcome: "refused", status: 550 },
  large: { outcome: "refused", status: 552 },
  cut: { outcome: "unavailable", status: undefined },
} as const;
