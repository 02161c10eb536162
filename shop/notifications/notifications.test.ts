import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deadLetters } from "@daybook/messaging/queue/dead-letters";
import { CANCELLED, CONFIRMED, CONTEXT, SHIPPED, trialNotifications, TrialChannel } from "./conformance/trial.ts";
import { notificationQueue } from "./notifications.ts";
import { runNotifications } from "./service.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

function running() {
  const trial = trialNotifications();
  const mail = new TrialChannel("email", true);
  const log = new TrialChannel("log", false);
  const notifications = runNotifications(trial.parts, [mail, log]);
  const outcomes = async () =>
    (await trial.facts()).map(({ type, data }) => `${data.kind} ${data.channel} ${"why" in data ? data.why : type}`);
  return { ...trial, mail, log, notifications, outcomes, end: () => trial.stop(notifications) };
}

void describe("notifications", () => {
  void test("tell of an order by each channel, once, and record it with the order's life", async () => {
    const { record, mail, log, until, facts, end, store } = running();
    const eventId = await record(CONFIRMED);
    await until(async () => (await facts()).length === 2);
    const id = eventId.replace("/", ".");
    assert.deepEqual(log.sent, [{ id: `${id}.log`, kind: "order-confirmed", about: { orderId: "ord_1" }, at: log.sent[0]?.at }]);
    const [letter, ...others] = mail.sent;
    assert.deepEqual(
      [letter?.id, letter?.letter?.to, others],
      [`${id}.email`, { name: "Ada O'Byron", address: "ada@example.org" }, []],
    );
    assert.ok(letter?.letter?.text.includes("1234.56 GBP") && letter.letter.text.includes("SB1"));
    const recorded = await store.readLog({ after: 0, categories: ["notification"] });
    for (const { meta, data } of recorded.events) {
      const { correlation, causation } = JSON.parse(meta) as { correlation: string; causation: string };
      assert.deepEqual([correlation, causation], [CONTEXT.correlationId, eventId]);
      assert.ok(!data.includes("example.org") && !data.includes("Ada"), "who it went to is told by id only");
    }
    await end();
  });

  void test("follow customers, too, and leave everything else alone", async () => {
    const { record, mail, until, facts, end } = running();
    const profile = { userName: "ada", firstName: "Ada", lastName: "Byron", email: "ada@example.org", addresses: [] };
    const about = { customerId: "cus_1", profile };
    await record({ type: "OrderHeld", data: { reason: "odd" } });
    await record({ type: "CustomerRegistered", data: { ...about, registeredAt: 0 } }, "customer-cus_1");
    await record({ type: "CustomerUpdated", data: about }, "customer-cus_1");
    await record({ type: "PasswordChanged", data: { customerId: "cus_1" } }, "customer-cus_1");
    await until(async () => (await facts()).length === 6);
    assert.deepEqual(
      mail.sent.map(({ kind, about: whom, letter }) => [kind, whom, letter?.subject]),
      [
        ["welcome", { customerId: "cus_1" }, "Welcome"],
        ["profile-changed", { customerId: "cus_1" }, "Your profile was changed"],
        ["profile-changed", { customerId: "cus_1" }, "Your password was changed"],
      ],
    );
    await end();
  });

  void test("try again what fails for the moment, and keep the order's order", async () => {
    const { record, mail, until, outcomes, end } = running();
    mail.failNext = 1;
    await record(CONFIRMED);
    await record(SHIPPED);
    await until(async () => (await outcomes()).length === 4, 500);
    assert.deepEqual(
      mail.sent.map(({ kind }) => kind),
      ["order-confirmed", "order-shipped"],
    );
    await end();
  });

  void test("send again under the same id when it is not known whether it was sent", async () => {
    const { record, mail, until, outcomes, end } = running();
    mail.loseNext = 1;
    await record(SHIPPED);
    await until(async () => (await outcomes()).length === 2, 500);
    assert.equal(mail.sent.length, 2);
    assert.equal(new Set(mail.sent.map(({ id }) => id)).size, 1);
    await end();
  });

  void test("park what is refused for good, which is sent once it is redriven", async () => {
    const { record, mail, until, outcomes, end, store, clock, parts } = running();
    mail.isRefusing = true;
    await record(SHIPPED);
    const dead = deadLetters({ queue: notificationQueue, store, clock, ids: parts.ids });
    await until(async () => (await dead.list()).letters.length === 1);
    const [letter] = (await dead.list()).letters;
    assert.equal(letter?.cause.code, "notification-refused");
    assert.deepEqual(await outcomes(), ["order-shipped log NotificationSent"], "other channels do not wait for it");
    mail.isRefusing = false;
    await dead.redrive(letter?.id ?? "", CONTEXT);
    await until(async () => (await outcomes()).length === 2);
    assert.equal(mail.sent.length, 1);
    await end();
  });

  void test("write to nobody who is erased, has no address, or does not want it, and record that", async () => {
    const { record, contacts, unwanted, mail, log, until, outcomes, end } = running();
    unwanted.add("order-shipped");
    await record(SHIPPED);
    await until(async () => (await outcomes()).length === 2);
    contacts.set("ord_2", { firstName: "Bob" });
    await record(CANCELLED, "order-ord_2");
    await record(CANCELLED, "order-ord_3");
    await until(async () => (await outcomes()).length === 6);
    assert.deepEqual([mail.sent.length, log.sent.length], [0, 3]);
    const dropped = (await outcomes()).filter((each) => !each.endsWith("NotificationSent"));
    assert.deepEqual(dropped.toSorted(), [
      "order-cancelled email no-address",
      "order-cancelled email no-address",
      "order-shipped email unwanted",
    ]);
    await end();
  });

  void test("say nothing of what is older than three days", async () => {
    const { record, clock, until, parts, facts, stop } = trialNotifications();
    await record(CONFIRMED);
    clock.advance(3 * DAY_MS + 1);
    await record(SHIPPED);
    const mail = new TrialChannel("email", true);
    const notifications = runNotifications(parts, [mail]);
    await until(async () => (await facts()).length === 1);
    assert.deepEqual(
      mail.sent.map(({ kind }) => kind),
      ["order-shipped"],
    );
    await stop(notifications);
    assert.ok(mail.isClosed);
  });

  void test("drop what waits for a channel that is no longer there", async () => {
    const { record, mail, notifications, until, outcomes, parts, stop } = running();
    mail.failNext = 1;
    await record(SHIPPED);
    await until(() => mail.failNext === 0);
    await stop(notifications);
    const without = runNotifications(parts, []);
    await until(async () => (await outcomes()).includes("order-shipped email no-channel"), 500);
    assert.equal(mail.sent.length, 0);
    await stop(without);
  });

  void test("send nothing twice when the subscription's checkpoint is put back", async () => {
    const { record, mail, notifications, until, facts, parts, stop, store } = running();
    await record(SHIPPED);
    await until(async () => (await facts()).length === 2);
    await stop(notifications);
    const unit = { id: "unt_back", cause: { correlation: "c", actor: "usr_1", tenant: "shop" }, conditions: [] };
    await store.commit({ ...unit, effects: [{ kind: "deleteKey", key: "checkpoint/notifications" }] });
    const again = runNotifications(parts, [mail]);
    await until(() => again.status().consumer.done === 1);
    assert.deepEqual([mail.sent.length, (await facts()).length], [1, 2]);
    await stop(again);
  });
});
