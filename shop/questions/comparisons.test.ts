import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { levelName } from "@daybook/messaging/queue";
import { comparisons } from "./comparisons.ts";
import { SOURCES } from "./contract.ts";
import { context, trialQuestions } from "./conformance/trial.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

void describe("a comparison", () => {
  void test("asks of every difference once, and settles what is no longer so", async () => {
    const { service, sources, random, compared, waiting, until, clock } = trialQuestions();
    const consumer = service.startComparing(random);
    for (const subject of ["a", "b", "c", "d", "e", "f", "g"]) sources.payments.differ(subject);
    const first = await compared("payments");
    assert.deepEqual([first.compared, first.differences, first.settled, first.by], [7, 7, 0, "usr_1"]);
    assert.deepEqual(await compared("payments").then(({ differences }) => differences), 7);
    assert.deepEqual(
      await waiting("payments"),
      ["a", "b", "c", "d", "e", "f", "g"].map((subject) => `${subject} open`),
    );
    for (const subject of ["a", "d"]) sources.payments.differences.delete(subject);
    assert.equal((await compared("payments")).settled, 2);
    assert.deepEqual(
      await waiting(),
      ["b", "c", "e", "f", "g"].map((subject) => `${subject} open`),
    );
    await until(async () => clock.now() > 0);
    await consumer.stop();
  });

  void test("settles beyond one page, and what nobody can look at again stays", async () => {
    const { service, sources, random, compared, waiting } = trialQuestions();
    const consumer = service.startComparing(random);
    const puzzle = { cause: "hook-unknown", subject: "msg_1", found: "?" };
    await service.questions.ask({ source: "shipping", ...puzzle }, { context });
    for (let n = 0; n < 120; n++) sources.shipping.differ(`s${n}`);
    await compared("shipping");
    sources.shipping.differences.clear();
    assert.equal((await compared("shipping")).settled, 120);
    assert.deepEqual(await waiting(), ["msg_1 open"]);
    await consumer.stop();
  });

  void test("killed after any of its steps goes on, and comes to the same", async () => {
    for (let patience = 0; patience < 8; patience++) {
      const { service, open, sources, random, compared, waiting, until, store } = trialQuestions();
      const consumer = service.startComparing(random);
      for (const subject of ["a", "b", "c", "d"]) sources.payments.differ(subject);
      await compared("payments");
      sources.payments.differences.delete("a");
      sources.payments.differ("e");
      await consumer.stop();
      const id = await service.comparisons.request({ source: "payments", to: 1 }, context);
      sources.payments.patience = patience;
      const dying = service.startComparing(random);
      await until(async () => {
        const due = await store.listDue(levelName(comparisons, 0), Infinity);
        const isOver = (await service.comparisons.last()).some(({ comparisonId }) => comparisonId === id);
        return isOver || (sources.payments.patience < 0 && due.length > 0);
      });
      await dying.stop();
      sources.payments.patience = Infinity;
      const next = open();
      const again = next.startComparing(random);
      const ended = async () => (await next.comparisons.last()).find(({ comparisonId }) => comparisonId === id);
      await until(async () => (await ended()) !== undefined);
      await again.stop();
      const { compared: count, differences, settled } = (await ended()) ?? {};
      assert.deepEqual([count, differences, settled], [4, 4, 1], `after ${patience} calls`);
      assert.deepEqual((await waiting()).toSorted(), ["b open", "c open", "d open", "e open"]);
    }
  });

  void test("comes every day by itself, each once, and begins a good day before the last one's end", async () => {
    const { service, open, sources, random, until, clock } = trialQuestions();
    const consumers = [service.startComparing(random), open().startComparing(random)];
    const { asked } = sources.payments;
    await until(() => asked.length === 3, 600_000);
    await Promise.all(consumers.map((each) => each.stop()));
    const [first, second, third] = asked;
    assert.deepEqual([first?.from, (second?.to ?? 0) - (first?.to ?? 0)], [0, DAY_MS]);
    assert.equal((third?.from ?? 0) + 25 * 60 * 60 * 1_000, second?.to);
    assert.ok(clock.now() - (third?.to ?? 0) >= 15 * 60 * 1_000, "what is not at rest is left alone");
    assert.ok(sources.fulfilment.asked.length > 40, "runs that stall are looked for every hour");
  });

  void test("of a source that is away for long is tried until it is there; the others go on", async () => {
    const { service, sources, random, until } = trialQuestions();
    sources.payments.patience = 0;
    const consumer = service.startComparing(random);
    await until(() => sources.shipping.asked.length === 2, 600_000);
    assert.deepEqual(sources.payments.asked, []);
    sources.payments.patience = Infinity;
    await until(() => sources.payments.asked.length > 0, 600_000);
    await consumer.stop();
  });

  void test("of a time that somebody names leaves no gap behind for the next", async () => {
    const { service, sources, random, until, clock } = trialQuestions();
    const consumer = service.startComparing(random);
    await until(() => SOURCES.every((source) => sources[source].asked.length > 0), 600_000);
    const last = async () => (await service.comparisons.last()).find(({ source }) => source === "payments");
    await until(async () => (await last()) !== undefined);
    const before = await last();
    const to = clock.now();
    const id = await service.comparisons.request({ source: "payments", from: to, to }, context);
    await until(async () => (await last())?.comparisonId === id);
    assert.equal((await last())?.until, before?.until, "what lies between was not compared");
    await consumer.stop();
  });
});
