import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { client, type Client } from "./trial/client.ts";
import { hookListener } from "./trial/listener.ts";
import { sendMail, smtpTalk } from "./trial/smtp.ts";
import { CHARGE, PARCEL, until } from "./trial/trial.ts";

interface Running extends Client {
  readonly url: string;
  readonly smtpPort: number;
  readonly webhookSecret: string;
  readonly child: ChildProcess;
}

const running = new Set<ChildProcess>();
after(() => running.forEach((child) => child.kill("SIGKILL")));

async function start(data: string): Promise<Running> {
  const program = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [program, "--data", data, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const ready = JSON.parse(line) as { url: string; smtpPort: number; webhookSecret: string };
    return { ...client(ready.url), ...ready, child };
  }
  throw new Error("the sandbox ended before it was ready");
}

async function ended({ child }: Running, signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill(signal);
  running.delete(child);
  return code;
}

interface Sent {
  readonly path: string;
  readonly key: string;
  readonly body: object;
  answer?: string;
}

/** Charges, ships and cancels until the sandbox dies; what was sent last has no answer. */
async function busy(world: Running, name: string, sent: Sent[]): Promise<void> {
  for (let n = 0; ; n++) {
    const reference = `${name}-${n}`;
    const key = `${reference}-key`;
    const round: Sent[] = [
      { path: "/card/v1/charges", key: `pay-${key}`, body: { ...CHARGE, reference } },
      { path: "/carrier/v1/parcels", key: `ship-${key}`, body: { ...PARCEL, reference } },
      { path: "/card/v1/cancellations", key: `undo-${key}`, body: { chargeKey: `pay-${key}` } },
    ];
    for (const one of round.slice(0, n % 3 === 0 ? 3 : 2)) {
      sent.push(one);
      try {
        one.answer = (await world.post(one.path, one.body, one.key)).text;
      } catch {
        return; // cut off by the kill: whether it happened is not known
      }
    }
  }
}

describe("the sandbox as a process", () => {
  test("after kill -9 under load every answer is kept, and each effect is there once", async () => {
    const data = await mkdtemp(join(tmpdir(), "daybook-sandbox-kill-"));
    const sent: Sent[] = [];
    let unanswered = 0;
    for (let round = 0; round < 3; round++) {
      const world = await start(data);
      const mine: Sent[] = [];
      const clients = Array.from({ length: 8 }, (_, n) => busy(world, `r${round}c${n}`, mine));
      await until(() => mine.filter(({ answer }) => answer).length > 200 * (round + 1));
      await ended(world, "SIGKILL");
      await Promise.all(clients);
      unanswered += mine.filter(({ answer }) => !answer).length;
      sent.push(...mine);
    }
    assert.ok(unanswered > 0, "the kills cut requests off");

    const world = await start(data);
    for (const { path, body, key, answer } of sent) {
      const again = await world.post(path, body, key);
      assert.ok(again.status < 300, again.text);
      if (answer !== undefined) assert.equal(again.text, answer);
    }
    const { body } = await world.get("/control/summary");
    assert.equal(body["keysWithMoreThanOneEffect"], 0);
    const repeated = body["repeated"] as { charges: { count: number }; parcels: { count: number } };
    assert.deepEqual([repeated.charges.count, repeated.parcels.count], [0, 0]);
    const of = (path: string) => sent.filter((one) => one.path === path).length;
    const money = { chargedMinor: 1250 * of("/card/v1/charges"), refundedMinor: 1250 * of("/card/v1/cancellations") };
    assert.deepEqual(body["money"], [{ currency: "EUR", ...money, pendingMinor: 0, disputedMinor: 0 }]);
    assert.deepEqual(body["parcels"], { created: of("/carrier/v1/parcels") });
    await ended(world, "SIGKILL");
    await rm(data, { recursive: true });
  });

  test("behaviour, addresses, secret, mails and what is still to come outlive a kill; SIGTERM ends it in order", async () => {
    const data = await mkdtemp(join(tmpdir(), "daybook-sandbox-kill-"));
    await using shop = await hookListener();
    const first = await start(data);
    await first.put("/control/behaviour", { seed: 5, card: { settleAfterMs: 1, hooks: { delayMs: 600_000, url: shop.url } } });
    const { id } = (await first.post("/card/v1/charges", { ...CHARGE, token: "tok_pending" })).body;
    await until(async () => (await first.get(`/card/v1/charges/${id}`)).body.status === "succeeded");
    await first.patch("/control/behaviour", { card: { settleAfterMs: 600_000, hooks: { delayMs: 0 } } });
    await first.post("/card/v1/charges", { ...CHARGE, token: "tok_pending_declined" });
    const talk = await smtpTalk(first.smtpPort);
    await talk.say("EHLO shop");
    await sendMail(talk, { text: "Message-ID: <m1@shop>\r\n\r\nHello" });
    const behaviour = (await first.get("/control/behaviour")).text;
    await ended(first, "SIGKILL");

    const second = await start(data);
    assert.deepEqual([second.url, second.smtpPort, second.webhookSecret], [first.url, first.smtpPort, first.webhookSecret]);
    assert.equal((await second.get("/control/behaviour")).text, behaviour);
    const { body } = await second.get("/control/summary");
    assert.deepEqual(body["mails"], { accepted: 1, messageIds: 1 });
    assert.deepEqual([body["charges"], body["hooks"]], [{ pending: 1, succeeded: 1 }, { pending: 1 }]);
    assert.equal(await ended(second, "SIGTERM"), 0);
    await rm(data, { recursive: true });
  });

  test("wrong options are refused", async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--port", "99999", "--data", "x"]);
    assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 2);
  });
});
