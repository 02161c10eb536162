import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sendMail, smtpTalk } from "../trial/smtp.ts";
import { trial, until, type Trial } from "../trial/trial.ts";

const MAIL = "Message-ID: <m1@shop>\r\nSubject: Your order\r\n is confirmed\r\n\r\nHello Ada,\r\nthank you.";

async function greeted(world: Trial) {
  const talk = await smtpTalk(world.sandbox.smtpPort);
  await talk.say("EHLO shop");
  return talk;
}

describe("the mail server", () => {
  test("keeps what it accepts, with id, recipients, subject, size and body", async () => {
    await using world = await trial();
    using talk = await greeted(world);
    assert.match(await sendMail(talk, { to: ["ada@example.org", "bob@example.org"], text: MAIL }), /^250 /);
    const { mails } = (await world.get("/control/mails")).body;
    const noted = { messageId: "<m1@shop>", from: "shop@example.org", to: ["ada@example.org", "bob@example.org"] };
    const content = { subject: "Your order is confirmed", size: MAIL.length + 2, text: `${MAIL}\r\n` };
    assert.deepEqual(mails, [{ n: 1, at: "2026-11-21T00:00:00.000Z", ...noted, ...content }]);
    const [entry] = (await world.get("/control/journal?partner=mail")).body.entries;
    assert.deepEqual([entry?.key, entry?.outcome, entry?.effect, entry?.status], ["<m1@shop>", "done", true, 250]);
  });

  test("refuses for the moment and for good, without effect, and accepts then", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { mail: { failNext: 1, rejectNext: 1 } });
    using talk = await greeted(world);
    assert.match(await sendMail(talk, { text: MAIL }), /^451 /);
    assert.match(await sendMail(talk, { text: MAIL }), /^550 /);
    assert.match(await sendMail(talk, { text: MAIL }), /^250 /);
    assert.deepEqual(await world.story("mail"), ["accept unavailable", "accept refused", "accept done!"]);
  });

  test("hangs up after the mail was kept, before its 250; what comes again is seen as the same", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { mail: { loseNext: 1 } });
    using first = await greeted(world);
    assert.equal(await sendMail(first, { text: MAIL }), "cut");
    using second = await greeted(world);
    assert.match(await sendMail(second, { text: MAIL }), /^250 /);
    const { body } = await world.get("/control/summary");
    assert.deepEqual(body["mails"], { accepted: 2, messageIds: 1 });
    assert.deepEqual((body["repeated"] as { mails: object }).mails, { count: 1, examples: ["<m1@shop>"] });
    assert.equal(body["keysWithMoreThanOneEffect"], 0, "a mail twice is not a charge twice");
    const { entries } = (await world.get("/control/journal?partner=mail")).body;
    assert.deepEqual(
      entries.map(({ lost }) => lost),
      [true, false],
    );
  });

  test("can be away: greets with 421, or does not listen", async () => {
    await using world = await trial();
    using talk = await greeted(world);
    await world.put("/control/behaviour", { mail: { away: "unavailable" } });
    await assert.rejects(smtpTalk(world.sandbox.smtpPort), /421 /);
    await world.put("/control/behaviour", { mail: { away: "refused" } });
    assert.equal(await talk.say("NOOP"), "cut", "connections that there were are cut");
    await assert.rejects(smtpTalk(world.sandbox.smtpPort), /ECONNREFUSED/);
    await world.put("/control/behaviour", {});
    using again = await greeted(world);
    assert.match(await sendMail(again, { text: MAIL }), /^250 /);
  });

  test("waits as long as it is told", async () => {
    await using world = await trial();
    await world.put("/control/behaviour", { mail: { latencyMs: 700 } });
    using talk = await greeted(world);
    const sending = sendMail(talk, { text: MAIL });
    await until(() => world.clock.waiting === 1);
    assert.deepEqual(await world.story("mail"), []);
    world.clock.advance(700);
    assert.match(await sending, /^250 /);
  });

  test("keeps the begin of a long mail, and nothing of one that is too large", async () => {
    await using world = await trial();
    using talk = await greeted(world);
    const line = `${"x".repeat(70)}\r\n`;
    const long = `${MAIL}\r\n${line.repeat(2000)}`;
    assert.match(await sendMail(talk, { text: long }), /^250 /);
    const [mail] = (await world.get("/control/mails")).body["mails"] as [{ size: number; text: string }];
    assert.deepEqual([mail.size, mail.text.length], [long.length + 2, 64 * 1024]);
    assert.match(await sendMail(talk, { text: `${MAIL}\r\n${line.repeat(16_000)}` }), /^552 /);
    assert.deepEqual(await world.story("mail"), ["accept done!", "accept refused"]);
  });
});
