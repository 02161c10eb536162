import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { systemClock } from "@daybook/kernel/clock";
import { deadLetters } from "@daybook/messaging/queue/dead-letters";
import { jsonClient, type JsonClient } from "@daybook/network/http/json-client";
import { startSandbox, type Sandbox } from "../partners.ts";
import { CANCELLED, CONFIRMED, SHIPPED, trialNotifications } from "./conformance/trial.ts";
import { notificationQueue } from "./notifications.ts";
import { startNotifications } from "./service.ts";
import { notificationSettingsSchema } from "./settings.ts";

interface Mail {
  readonly messageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

let folder: string;
let sandbox: Sandbox;
let control: JsonClient;
let seen = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daybook-notifications-"));
  sandbox = await startSandbox(folder);
  control = jsonClient({ url: sandbox.url });
});
after(async () => {
  await control.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

async function behave(mail: object): Promise<void> {
  const { status } = await control.request({ method: "PUT", path: "/control/behaviour", body: { mail } });
  assert.equal(status, 200);
}

/** What was accepted since this was asked last. */
async function newMails(): Promise<readonly Mail[]> {
  const { body } = await control.request({ method: "GET", path: `/control/mails?after=${seen}` });
  const { mails, next } = body as { mails: readonly Mail[]; next: number | null };
  seen = next ?? seen;
  return mails;
}

/** The context as it runs in a shop, on the machine's clock, with the real mail server. */
function running() {
  const trial = trialNotifications(systemClock);
  const from = { name: "The Shop", address: "orders@shop.example" };
  const email = { channel: "email", host: "127.0.0.1", port: sandbox.smtpPort, from, timeoutMs: 2_000 };
  const settings = notificationSettingsSchema.parse({ channels: [email, { channel: "log" }] });
  const notifications = startNotifications({ ...trial.parts, settings });
  const mailed = async () => (await trial.facts()).filter(({ data }) => data.channel === "email").length;
  return { ...trial, notifications, mailed, end: () => trial.stop(notifications) };
}

void describe("mail by SMTP", () => {
  void test("a mail has a name, plain text, and a Message-ID of its event", async () => {
    await behave({});
    const { record, contacts, until, mailed, end } = running();
    contacts.set("ord_1", { firstName: "Zoë", lastName: 'B"\r\nBcc: eve@example.org', email: "zoe@example.org" });
    const eventId = await record(CONFIRMED);
    await until(async () => (await mailed()) === 1);
    const [mail, ...others] = await newMails();
    assert.ok(mail && others.length === 0);
    assert.equal(mail.messageId, `<${eventId.replace("/", ".")}.email@shop.example>`);
    assert.deepEqual(
      [mail.from, mail.to, mail.subject],
      ["orders@shop.example", ["zoe@example.org"], "Your order ord_1 is confirmed"],
    );
    for (const part of ["Content-Type: text/plain; charset=utf-8", "1234.56 GBP"]) {
      assert.ok(mail.text.includes(part), part);
    }
    assert.ok(!/^Bcc:/im.test(mail.text), "a name makes no header");
    await end();
  });

  void test("each mail comes once, in the order's order, though the server is away, or refuses for the moment", async () => {
    await behave({ away: "refused" });
    const { record, until, mailed, notifications, end } = running();
    await record(CONFIRMED);
    await record(SHIPPED);
    await record(CANCELLED);
    await until(() => notifications.status().consumer.retried > 0);
    assert.equal(await mailed(), 0);
    await behave({ failNext: 2 });
    await until(async () => (await mailed()) === 3);
    const mails = await newMails();
    assert.deepEqual(
      mails.map(({ subject }) => subject.replace("Your order ord_1 ", "")),
      ["is confirmed", "is on its way", "was cancelled"],
    );
    await end();
  });

  void test("an answer that is lost makes it come twice, with one Message-ID", async () => {
    await behave({ loseNext: 1 });
    const { record, until, mailed, end } = running();
    await record(SHIPPED);
    await until(async () => (await mailed()) === 1);
    const mails = await newMails();
    assert.equal(mails.length, 2);
    assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, 1);
    await end();
  });

  void test("what is refused for good is parked, and recorded as sent by nobody", async () => {
    await behave({ rejectNext: 1 });
    const { record, until, mailed, end, store, parts } = running();
    await record(SHIPPED);
    const dead = deadLetters({ queue: notificationQueue, store, clock: systemClock, ids: parts.ids });
    await until(async () => (await dead.list()).letters.length === 1);
    assert.deepEqual([(await dead.list()).letters[0]?.cause.code, await mailed()], ["notification-refused", 0]);
    assert.deepEqual(await newMails(), []);
    await end();
  });
});
