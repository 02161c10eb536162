import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";

/** One SMTP conversation, line by line, so that tests see each reply. */
export interface SmtpTalk extends Disposable {
  /** Sends a command, or a whole message after DATA; resolves with the reply, or with "cut" when the connection ended. */
  say(text: string): Promise<string>;
}

/** Connects and resolves after the greeting; rejects when nobody listens. */
export async function smtpTalk(port: number): Promise<SmtpTalk> {
  const socket = connect(port, "127.0.0.1");
  const next = replies(socket);
  const greeting = await next();
  assert.ok(greeting.startsWith("220"), greeting);
  return {
    say(text) {
      socket.write(`${text}\r\n`);
      return next();
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

function replies(socket: Socket): () => Promise<string> {
  let text = "";
  let isEnded = false;
  let failure: Error | undefined;
  let wake = () => {};
  socket.on("data", (chunk) => {
    text += chunk.toString();
    wake();
  });
  socket.on("error", (error) => (failure = error));
  socket.on("close", () => {
    isEnded = true;
    wake();
  });
  return async () => {
    for (;;) {
      const reply = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(text)?.[0];
      if (reply !== undefined) {
        text = text.slice(reply.length);
        return reply.trimEnd();
      }
      if (failure && failure.message.includes("ECONNREFUSED")) throw failure;
      if (isEnded) return "cut";
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
}

/** Sends one mail; resolves with the last reply. */
export async function sendMail(talk: SmtpTalk, { to = ["ada@example.org"], text }: { to?: readonly string[]; text: string }) {
  await talk.say("MAIL FROM:<shop@example.org>");
  for (const each of to) await talk.say(`RCPT TO:<${each}>`);
  await talk.say("DATA");
  return talk.say(`${text}\r\n.`);
}
